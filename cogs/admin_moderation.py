"""Moderation settings of a server: /admin words, uploads and log."""

from __future__ import annotations

from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.i18n.sentence import Sentence
from cogs.posting.afterwards import afterwards
from cogs.posting.server_log import begin_log, note, noted
from cogs.presentation import log_messages, messages
from cogs.presentation.prompts import hidden_code
from cogs.presentation.renderers import own_renderer
from cogs.requests.admin_group import admin_group, command_of
from cogs.requests.responses import thinking
from cogs.requests.rights import guild_of, is_manager
from cogs.requests.server_settings import forget_deleted_uploaders, show_settings
from cogs.views.report_buttons import show_reports

ADDED = Sentence("{entry} is on the list: public text that contains it is refused.")
REMOVED = Sentence("{entry} is off the list.")
NOT_THERE = Sentence("That is not on the list.")
NO_WORDS = Sentence(
    "There is nothing on the list. `/admin words add` puts a word on it: `word`, `wor*` for any "
    "letters, or `/wo+rd/` in RE2's syntax."
)
WORDS = Sentence("Refused here, in any spelling or disguise:")
FOUND = Sentence("That would be refused because of {entry}.")
NOT_FOUND = Sentence("Nothing in that would be refused.")
LOG_BEGUN = Sentence("I now log in {channel} what managers set and people report.")
LOG_ENDED = Sentence("The log is off. Reports are kept until there is one again.")

Entry = app_commands.Range[str, 1, 80]


class Words(app_commands.Group, name="words"):
    """Words that nobody may put in public on this server."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        super().__init__()

    async def interaction_check(self, interaction: Interaction, /) -> bool:  # type: ignore[override]
        """Return whether the person manages this server, whomever its settings show the command."""
        return await is_manager(interaction)

    @app_commands.command()
    async def add(self, interaction: Interaction, entry: Entry) -> None:
        """Refuse a word, or a pattern, in all that people put in public.

        Parameters
        ----------
        entry:
            A word or several; with * for any letters; or a pattern between slashes.
        """
        kept = await self.bot.service.word_filter.add(guild_of(interaction), entry)
        async with noted(interaction, log_messages.WORD.fill(entry=hidden_code(kept))):
            await _say(interaction, ADDED.fill(entry=hidden_code(kept)))

    @app_commands.command()
    async def remove(self, interaction: Interaction, entry: Entry) -> None:
        """Take a word off the list.

        Parameters
        ----------
        entry:
            As it is on the list.
        """
        gone = await self.bot.service.word_filter.remove(guild_of(interaction), entry)
        if gone is None:
            await _say(interaction, NOT_THERE)
            return
        async with noted(interaction, log_messages.NO_WORD.fill(entry=hidden_code(gone))):
            await _say(interaction, REMOVED.fill(entry=hidden_code(gone)))

    @app_commands.command(name="list")
    async def list_words(self, interaction: Interaction) -> None:
        """Show the words that are refused here, to you alone."""
        entries = await self.bot.service.word_filter.entries(guild_of(interaction))
        render = own_renderer(interaction)
        lines = [render(WORDS), *(render(hidden_code(entry)) for entry in entries)]
        text = messages.join_fitting(lines) if entries else render(NO_WORDS)
        await interaction.response.send_message(text, ephemeral=True)

    @app_commands.command()
    async def test(self, interaction: Interaction, words: app_commands.Range[str, 1, 400]) -> None:
        """See whether some words would be refused, and for which entry.

        Parameters
        ----------
        words:
            What somebody might type; nobody but you sees it.
        """
        found = await self.bot.service.word_filter.find(guild_of(interaction), words)
        answer = NOT_FOUND if found is None else FOUND.fill(entry=hidden_code(found))
        await _say(interaction, answer)


class AdminModeration(commands.Cog):
    """Commands below /admin, which another extension begins."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._commands = (Words(bot), command_of(self.uploads), command_of(self.log))

    async def cog_load(self) -> None:
        """Add the commands to the group of another extension; discord.py can't declare that."""
        for command in self._commands:
            admin_group(self.bot).add_command(command)

    async def cog_unload(self) -> None:
        """Remove them."""
        for command in self._commands:
            admin_group(self.bot).remove_command(command.name)

    async def uploads(
        self, interaction: Interaction, role: discord.Role, allowed: bool = True
    ) -> None:
        """Let a role send sounds, and only such roles.

        Parameters
        ----------
        role:
            Once one is allowed, only such roles and managers may send sounds to work with.
        allowed:
            False takes the role off the list, and deleted ones with it.
        """
        guild_id = guild_of(interaction)
        await self.bot.service.guilds.allow_uploads(guild_id, role.id, allowed)
        await forget_deleted_uploaders(interaction)
        done = log_messages.NO_UPLOADS.fill(role=f"<@&{role.id}>")
        if allowed:
            done = log_messages.UPLOADS.fill(role=f"<@&{role.id}>")
        async with noted(interaction, done):
            await show_settings(interaction)

    async def log(
        self, interaction: Interaction, channel: discord.TextChannel | None = None
    ) -> None:
        """Choose the channel where you read what was set and what was reported.

        Parameters
        ----------
        channel:
            A channel that managers alone can see; leave it out to end the log.
        """
        guild_id = guild_of(interaction)
        if channel is None:
            await note(interaction, log_messages.NO_LOG)
            await self.bot.service.guilds.set_log_channel(guild_id, None)
            await _say(interaction, LOG_ENDED)
            return
        # Discord may take longer to post there than it waits for an answer.
        async with thinking(interaction, ephemeral=True):
            await begin_log(interaction, guild_id, channel.id)
            answer = LOG_BEGUN.fill(channel=f"<#{channel.id}>")
            async with afterwards(self.bot, partial(show_reports, self.bot, guild_id)):
                await interaction.followup.send(own_renderer(interaction)(answer), ephemeral=True)


async def _say(interaction: Interaction, sentence: Sentence) -> None:
    await interaction.response.send_message(own_renderer(interaction)(sentence), ephemeral=True)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog."""
    await bot.add_cog(AdminModeration(bot))
