"""What the managers of a server set, and the owner of the bot: /admin."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from cogs.presentation import cards, messages
from cogs.presentation.readers import reader_of
from cogs.requests.limits import origin_of, resolve_limits

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
        """Tell whether the person manages this server, whomever its settings show the command."""
        return interaction.permissions.manage_guild or await self.bot.is_owner(interaction.user)

    @app_commands.command()
    async def settings(self, interaction: Interaction) -> None:
        """Show what is set for this server."""
        await self._show(interaction)

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
        await self.bot.service.guilds.set_tier(_guild(interaction), role.id, seconds)
        await self._show(interaction)

    @app_commands.command()
    async def limits(
        self,
        interaction: Interaction,
        person: Seconds | None = None,
        server: Seconds | None = None,
        longest: app_commands.Range[float, 1.0, 600.0] | None = None,
        waiting: app_commands.Range[int, 1, 10_000] | None = None,
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
        """
        await self.bot.service.guilds.set_limits(
            _guild(interaction),
            daily_seconds=person,
            guild_daily_seconds=server,
            waiting=waiting,
            max_seconds=longest,
        )
        await self._show(interaction)

    @app_commands.command()
    async def unlimit(self, interaction: Interaction) -> None:
        """Take this server's limits back to what the bot's owner has set."""
        await self.bot.service.guilds.clear_limits(_guild(interaction))
        await self._show(interaction)

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
            False takes the channel off the list.
        """
        await self.bot.service.guilds.allow_channel(_guild(interaction), channel.id, allowed)
        await self._show(interaction)

    @app_commands.command()
    async def block(
        self, interaction: Interaction, person: discord.User, everywhere: bool = False
    ) -> None:
        """Keep a person from making music on this server.

        Parameters
        ----------
        person:
            Who is blocked.
        everywhere:
            On every server and in direct messages. For the bot's owner.
        """
        place = await self._place(interaction, everywhere=everywhere)
        await self.bot.service.guilds.block(place, person.id)
        await self._show(interaction)

    @app_commands.command()
    async def unblock(
        self, interaction: Interaction, person: discord.User, everywhere: bool = False
    ) -> None:
        """Let a blocked person make music again.

        Parameters
        ----------
        person:
            Who is let in again.
        everywhere:
            Who was blocked everywhere. For the bot's owner.
        """
        place = await self._place(interaction, everywhere=everywhere)
        await self.bot.service.guilds.unblock(place, person.id)
        await self._show(interaction)

    @app_commands.command()
    async def reset(self, interaction: Interaction, person: discord.User) -> None:
        """Give a person the seconds back that they used here today.

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
        used = await guilds.reset_quota(None if by_owner else _guild(interaction), person.id)
        after = await people.quota(person.id, limits)
        back = after.left_seconds - before.left_seconds
        said = Sentence(
            "{person} has {back:.0f} s of today's music back.", person=f"<@{person.id}>", back=back
        )
        if not used:
            said = Sentence(
                "{person} has used nothing here today, so there is nothing to give back.",
                person=f"<@{person.id}>",
            )
        elif not back:
            said = Sentence(
                "{person} can have nothing back: the owner of this bot allows {most:g} s a day, "
                "even if they are reset.",
                person=f"<@{person.id}>",
                most=limits.most_daily_seconds,
            )
        await interaction.response.send_message(reader_of(interaction)(said), ephemeral=True)

    @app_commands.command()
    async def status(self, interaction: Interaction) -> None:
        """Show how the bot is doing."""
        status = await self.bot.service.operations.status()
        engine = status.engine.trouble or Sentence("being loaded")
        if status.engine.model:
            engine = Sentence("ready")
        longest = Sentence("nobody")
        if status.oldest_wait_seconds:
            longest = messages.duration(status.oldest_wait_seconds)
        lag = Sentence("{lag:.0f} ms at most in the last minute", lag=1000 * status.lag_seconds)
        rows: list[cards.Row] = [
            (Sentence("In the queue"), str(status.engine.waiting)),
            (Sentence("Being made"), str(status.engine.running)),
            (Sentence("Oldest wait"), longest),
            (Sentence("Music engine"), engine),
            (Sentence("Engine restarts"), str(status.engine.restarts)),
            (Sentence("Up for"), messages.duration(status.up_seconds)),
            (Sentence("Memory"), f"{status.memory_bytes / 2**20:.0f} MB"),
            (Sentence("Event-loop lag"), lag),
            (Sentence("Delivered"), str(status.delivered)),
            (Sentence("Failed"), str(status.failed)),
        ]
        # What went wrong elsewhere is its owner's to know.
        error = status.last_error if await self.bot.is_owner(interaction.user) else None
        embed = cards.status(reader_of(interaction), rows, error)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    @app_commands.command()
    async def drain(self, interaction: Interaction, on: bool = True) -> None:
        """Take no new music on anywhere, before a restart. For the bot's owner.

        Parameters
        ----------
        on:
            False takes music on again.
        """
        await self._require_owner(interaction)
        await self.bot.service.operations.set_draining(on)
        left = self.bot.service.requests.in_flight
        said = Sentence("Music is taken on again.")
        if on:
            said = Sentence(
                "No new music is taken on; {left} in the queue will still be made.", left=left
            )
        await interaction.response.send_message(reader_of(interaction)(said), ephemeral=True)

    async def _place(self, interaction: Interaction, *, everywhere: bool) -> int | None:
        """Return the server, or None for everywhere, which is for the owner of the bot."""
        if not everywhere:
            return _guild(interaction)
        await self._require_owner(interaction)
        return None

    async def _require_owner(self, interaction: Interaction) -> None:
        if not await self.bot.is_owner(interaction.user):
            raise RequestError(Sentence("Only the owner of this bot can do that."))

    async def _show(self, interaction: Interaction) -> None:
        found = await self.bot.service.guilds.settings(_guild(interaction))
        await interaction.response.send_message(
            messages.guild_settings(reader_of(interaction), found), ephemeral=True
        )


def _guild(interaction: Interaction) -> int:
    if interaction.guild_id is None:
        raise RequestError(Sentence("This works in servers only."))
    return interaction.guild_id


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(Admin(bot))
