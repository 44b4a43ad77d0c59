"""Settings for managers of a server, and for the owner of the bot: /admin."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.i18n.sentence import Sentence
from cogs.posting.server_log import noted
from cogs.presentation import log_messages
from cogs.presentation.account_messages import AS_DISCORD_SAYS
from cogs.presentation.renderers import own_renderer
from cogs.requests.language_choice import LanguageName, read_language, suggest_languages
from cogs.requests.limits import origin_of, resolve_limits
from cogs.requests.rights import guild_of, is_manager, require_bot_owner
from cogs.requests.server_settings import (
    forget_deleted_channels,
    forget_deleted_tiers,
    show_settings,
)

Seconds = app_commands.Range[float, 0.0, 1_000_000.0]


@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_installs(guilds=True, users=False)
class Admin(commands.GroupCog, group_name="admin"):
    """For the managers of this server: quotas, limits, channels and people."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        super().__init__()

    async def interaction_check(self, interaction: Interaction, /) -> bool:  # type: ignore[override]
        """Return whether the person manages this server, whomever its settings show the command."""
        return await is_manager(interaction)

    @app_commands.command()
    async def settings(self, interaction: Interaction) -> None:
        """Show what is set for this server."""
        await show_settings(interaction)

    @app_commands.command()
    async def tier(
        self, interaction: Interaction, role: discord.Role, seconds: Seconds | None = None
    ) -> None:
        """Give a role its own seconds of music a day.

        Parameters
        ----------
        role:
            Whose members have it; a person has the most that any role gives.
        seconds:
            Seconds a day, within the owner's limit; leave it out to take the role's quota away.
        """
        await self.bot.service.guilds.set_tier(guild_of(interaction), role.id, seconds)
        await forget_deleted_tiers(interaction)
        done = log_messages.NO_TIER.fill(role=f"<@&{role.id}>")
        if seconds is not None:
            done = log_messages.TIER.fill(role=f"<@&{role.id}>", seconds=seconds)
        async with noted(interaction, done):
            await show_settings(interaction)

    @app_commands.command()
    async def limits(
        self,
        interaction: Interaction,
        person: Seconds | None = None,
        server: Seconds | None = None,
        longest: app_commands.Range[float, 1.0, 600.0] | None = None,
        waiting: app_commands.Range[int, 1, 10_000] | None = None,
        pause: app_commands.Range[float, 0.0, 3600.0] | None = None,
    ) -> None:
        """Set this server's limits, within the owner's; what you leave out stays.

        Parameters
        ----------
        person:
            Seconds of music a day for each person.
        server:
            Seconds of music a day for all together.
        longest:
            The longest clip, in seconds.
        waiting:
            How many clips may be in the queue at once.
        pause:
            Seconds that a person waits between two requests.
        """
        await self.bot.service.guilds.set_limits(
            guild_of(interaction),
            daily_seconds=person,
            guild_daily_seconds=server,
            waiting=waiting,
            max_seconds=longest,
            cooldown_seconds=pause,
        )
        done = log_messages.limits_set(person, server, longest, pause, waiting)
        async with noted(interaction, done):
            await show_settings(interaction)

    @app_commands.command()
    @app_commands.autocomplete(language=suggest_languages)
    async def language(self, interaction: Interaction, language: LanguageName) -> None:
        """Choose the language of what everybody on this server sees.

        Parameters
        ----------
        language:
            People have what they alone see in their own language.
        """
        chosen = read_language(self.bot.languages, language)
        await self.bot.service.languages.set_of_server(guild_of(interaction), chosen)
        name = self.bot.languages.names().get(chosen or "", AS_DISCORD_SAYS)
        async with noted(interaction, log_messages.LANGUAGE.fill(language=name)):
            await show_settings(interaction)

    @app_commands.command()
    async def unlimit(self, interaction: Interaction) -> None:
        """Reset this server's limits to what the bot's owner has set."""
        await self.bot.service.guilds.clear_limits(guild_of(interaction))
        async with noted(interaction, log_messages.UNLIMITED):
            await show_settings(interaction)

    @app_commands.command()
    async def channel(
        self,
        interaction: Interaction,
        channel: discord.TextChannel | discord.VoiceChannel | discord.ForumChannel,
        allowed: bool = True,
    ) -> None:
        """Allow music in a channel only, or take that back.

        Parameters
        ----------
        channel:
            Once one is allowed, music is made in allowed channels only.
        allowed:
            False takes the channel off the list, and deleted ones with it.
        """
        await self.bot.service.guilds.allow_channel(guild_of(interaction), channel.id, allowed)
        await forget_deleted_channels(interaction)
        done = log_messages.NO_CHANNEL.fill(channel=f"<#{channel.id}>")
        if allowed:
            done = log_messages.CHANNEL.fill(channel=f"<#{channel.id}>")
        async with noted(interaction, done):
            await show_settings(interaction)

    @app_commands.command()
    async def block(
        self, interaction: Interaction, person: discord.User, everywhere: bool = False
    ) -> None:
        """Block a person from making music on this server.

        Parameters
        ----------
        person:
            Who is blocked.
        everywhere:
            On every server and in direct messages. For the bot's owner.
        """
        place = await self._place(interaction, everywhere=everywhere)
        await self.bot.service.guilds.block(place, person.id)
        done = None if everywhere else log_messages.BLOCKED.fill(person=f"<@{person.id}>")
        async with noted(interaction, done):
            await show_settings(interaction)

    @app_commands.command()
    async def unblock(
        self, interaction: Interaction, person: discord.User, everywhere: bool = False
    ) -> None:
        """Let a blocked person make music again.

        Parameters
        ----------
        person:
            Who is unblocked.
        everywhere:
            Who was blocked everywhere. For the bot's owner.
        """
        place = await self._place(interaction, everywhere=everywhere)
        await self.bot.service.guilds.unblock(place, person.id)
        done = None if everywhere else log_messages.UNBLOCKED.fill(person=f"<@{person.id}>")
        async with noted(interaction, done):
            await show_settings(interaction)

    @app_commands.command()
    async def reset(self, interaction: Interaction, person: discord.User) -> None:
        """Give a person back the seconds that they used here today.

        Parameters
        ----------
        person:
            Whose day is reset; by the bot's owner, wherever it was used.
        """
        guilds, people = self.bot.service.guilds, self.bot.service.people
        origin = origin_of(interaction)
        limits, _ = await resolve_limits(self.bot, origin, person, anywhere=True)
        by_owner = await self.bot.is_owner(interaction.user)
        before = await people.quota(person.id, limits)
        used = await guilds.reset_quota(None if by_owner else guild_of(interaction), person.id)
        after = await people.quota(person.id, limits)
        back = after.left_seconds - before.left_seconds
        answer = Sentence(
            "{person} got {back:.0f} s of today's quota back.", person=f"<@{person.id}>", back=back
        )
        if not used:
            answer = Sentence(
                "{person} has used nothing here today, so there is nothing to give back.",
                person=f"<@{person.id}>",
            )
        elif not back:
            answer = Sentence(
                "{person} can't get anything back: the owner of this bot allows {most:g} s a day "
                "at most, resets included.",
                person=f"<@{person.id}>",
                most=limits.most_daily_seconds,
            )
        done = log_messages.RESET.fill(person=f"<@{person.id}>", back=back) if back else None
        text = own_renderer(interaction)(answer)
        async with noted(interaction, done):
            await interaction.response.send_message(text, ephemeral=True)

    async def _place(self, interaction: Interaction, *, everywhere: bool) -> int | None:
        """Return the server, or None for everywhere, which is for the owner of the bot."""
        if not everywhere:
            return guild_of(interaction)
        await require_bot_owner(interaction)
        return None


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Admin(bot))
