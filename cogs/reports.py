"""Report a clip to the managers: /report, and Apps > Report this clip."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.clips import Clip
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from cogs.posting.afterwards import afterwards
from cogs.presentation.prompts import clean_prompt
from cogs.presentation.renderers import own_renderer
from cogs.requests.clip_recall import find_typed_clip
from cogs.requests.rights import require_clip
from cogs.views.report_buttons import ReportButton, show_reports

REPORTED = Sentence("Thank you. The managers see it now; nobody is told that it was you.")
KEPT = Sentence(
    "Thank you. The managers of this server read no reports yet, so I keep it until they do; "
    "nobody is told that it was you. If it can't wait, please write to one of them."
)
REPORTED_BEFORE = Sentence("You have reported this clip already. Thank you.")
YOUR_OWN = Sentence("This clip is your own: you can delete it with the button under it.")
NO_MANAGERS = Sentence("Reports go to the managers of a server, and this isn't one.")
NOT_A_CLIP = Sentence("Only clips of mine can be reported to the managers, where I posted them.")

# A rate limit for each person, since each report pings managers.
_MOST_TIMES, _IN_SECONDS = 3, 600.0


class Reports(commands.Cog):
    """Takes reports, and shows them to managers."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self.bot = bot
        self._pace = commands.CooldownMapping[Interaction].from_cooldown(
            _MOST_TIMES, _IN_SECONDS, lambda interaction: interaction.user.id
        )
        self._menu = app_commands.ContextMenu(name="Report this clip", callback=self.report_message)

    async def cog_load(self) -> None:
        """Add the menu entry."""
        self.bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Remove it."""
        self.bot.tree.remove_command(self._menu.name, type=self._menu.type)

    @app_commands.command()
    async def report(
        self,
        interaction: Interaction,
        clip: app_commands.Range[str, 1, 20],
        why: app_commands.Range[str, 1, 300] | None = None,
    ) -> None:
        """Report a clip to the managers of this server. They don't learn that it was you.

        Parameters
        ----------
        clip:
            Its number, shown under the clip.
        why:
            What is wrong with it, in your words.
        """
        await self._report(interaction, await find_typed_clip(interaction, clip), why)

    async def report_message(self, interaction: Interaction, message: discord.Message) -> None:
        """Report the clip that a message shows."""
        found = await self.bot.service.clips.find_by_message(message.id)
        if not found:
            raise RequestError(NOT_A_CLIP)
        # The first take stands for all: managers see the whole message.
        shown = next((clip for clip in found if not clip.is_deleted), found[0])
        await self._report(interaction, await require_clip(interaction, shown.id), None)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Post reports that a previous run did not post."""
        for guild in self.bot.guilds:
            await show_reports(self.bot, guild.id)

    async def _report(self, interaction: Interaction, clip: Clip, why: str | None) -> None:
        if interaction.guild_id is None:
            raise RequestError(NO_MANAGERS)
        if clip.origin.guild_id != interaction.guild_id:
            raise RequestError(NOT_A_CLIP)
        if clip.origin.user_id == interaction.user.id:
            raise RequestError(YOUR_OWN)
        await self.bot.service.guilds.check_person(interaction.guild_id, interaction.user.id)
        self._check_pace(interaction)
        answer = REPORTED_BEFORE
        if await self.bot.service.reports.add(clip, interaction.user.id, clean_prompt(why)):
            has_log = (
                await self.bot.service.guilds.settings(interaction.guild_id)
            ).log_channel_id is not None
            answer = REPORTED if has_log else KEPT
        guild_id, render = interaction.guild_id, own_renderer(interaction)

        async def show() -> None:
            if not await show_reports(self.bot, guild_id) and answer is REPORTED:
                # Not posted yet: the next report, or the next start, posts it.
                await interaction.edit_original_response(content=render(KEPT))

        async with afterwards(self.bot, show):
            await interaction.response.send_message(render(answer), ephemeral=True)

    def _check_pace(self, interaction: Interaction) -> None:
        """Apply the rate limit of a person. Raises CommandOnCooldown."""
        now = self.bot.clock()
        bucket = self._pace.get_bucket(interaction, now)
        wait_seconds = None if bucket is None else bucket.update_rate_limit(now)
        if bucket is not None and wait_seconds is not None:
            raise app_commands.CommandOnCooldown(bucket, wait_seconds)


async def setup(bot: ZhiyinBot) -> None:
    """Add the cog, and register the buttons under reports."""
    bot.add_dynamic_items(ReportButton)
    await bot.add_cog(Reports(bot))
