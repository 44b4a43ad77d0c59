"""A report in a server's log, and its buttons for managers."""

from __future__ import annotations

import discord

from bot.app.client import Interaction, ZhiyinBot
from bot.domain.withdrawals import Withdrawal
from bot.errors import RequestError
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, verbatim
from cogs.posting.afterwards import afterwards
from cogs.posting.server_log import post_to_log
from cogs.presentation import log_messages, messages
from cogs.presentation.renderers import own_renderer, server_renderer, shared_renderer
from cogs.requests.rights import require_manager
from cogs.requests.withdrawal import messages_showing, why_still_shown, withdraw
from cogs.views.persistent_button import PersistentButton

VERDICTS = ("delete", "block", "dismiss")
_LABELS = {
    "delete": (Sentence("Delete the clip"), discord.ButtonStyle.danger),
    "block": (Sentence("Block its author"), discord.ButtonStyle.danger),
    "dismiss": (Sentence("It is fine"), discord.ButtonStyle.secondary),
}
_DONE = {
    "delete": Sentence("the clip is deleted"),
    "block": Sentence("its author is blocked"),
    "dismiss": Sentence("it is fine"),
}


async def show_reports(bot: ZhiyinBot, guild_id: int) -> bool:
    """Post the reports that managers were not shown yet; return whether all are posted."""
    render = server_renderer(bot, guild_id)
    while reports := await bot.service.reports.to_post(guild_id):
        for report in reports:
            clip = await bot.service.clips.find(report.clip_id)
            if clip is not None and not clip.is_deleted:
                text = log_messages.reported(report, clip)
                view = report_view(render, clip.id)
                # After an erasure, another report may get the id.
                nonce = f"report/{report.id}/{int(report.reported_at)}"
                if not await post_to_log(bot, guild_id, text, view=view, nonce=nonce):
                    return False
            await bot.service.reports.record_posted(report)
    return True


def report_view(render: Renderer, clip_id: int) -> discord.ui.View:
    """Return the buttons under a report of a clip."""
    view = discord.ui.View(timeout=None)
    for verdict in VERDICTS:
        view.add_item(ReportButton(clip_id, verdict, render))
    return view


class ReportButton(PersistentButton, template=r"zhiyin:report:(?P<id>\d+):(?P<verdict>[a-z]+)"):
    """A manager's action on a reported clip."""

    def __init__(self, clip_id: int, verdict: str, render: Renderer | None = None) -> None:
        label, style = _LABELS.get(verdict, (verbatim(verdict), discord.ButtonStyle.secondary))
        super().__init__(
            discord.ui.Button(
                label=(render or Renderer())(label),
                style=style,
                custom_id=f"zhiyin:report:{clip_id}:{verdict}",
            )
        )
        self.clip_id, self.verdict = clip_id, verdict

    async def press(self, interaction: Interaction) -> None:
        """Carry out the action for a manager of the clip's server, and log who did it."""
        bot = interaction.client
        if self.verdict not in VERDICTS:
            raise RequestError(messages.TOO_OLD)
        clip = await bot.service.clips.find(self.clip_id)
        if clip is None or clip.origin.guild_id is None:
            raise RequestError(messages.NO_CLIP)
        require_manager(interaction, clip.origin.guild_id)
        author, shown = clip.origin.user_id, list[Withdrawal]()
        if self.verdict == "block":
            await bot.service.guilds.block(clip.origin.guild_id, author)
        elif self.verdict == "delete":
            # Takes in one message share a prompt, so all of them are deleted.
            takes = [take.clip for take in await bot.service.clips.takes(clip)] or [clip]
            for each in takes:
                if each is not None and not each.is_deleted:
                    shown += messages_showing(each, interaction)
                    await bot.service.clips.delete(each, messages_showing(each, interaction))
                    bot.dispatch("clip_changed", each.id)
        done = log_messages.line(interaction.user.id, _DONE[self.verdict])
        before = interaction.message.content if interaction.message is not None else ""

        async def take_down() -> None:
            if not await withdraw(bot, shown):
                answer = own_renderer(interaction)(why_still_shown(interaction))
                await interaction.followup.send(answer, ephemeral=True)

        async with afterwards(bot, take_down):
            await interaction.response.edit_message(
                content=f"{before}\n→ {shared_renderer(interaction)(done)}",
                view=self._left(interaction),
            )

    def _left(self, interaction: Interaction) -> discord.ui.View | None:
        """Return the remaining actions: after a deletion the author can still be blocked."""
        if self.verdict != "delete":
            return None
        view = discord.ui.View(timeout=None)
        view.add_item(ReportButton(self.clip_id, "block", shared_renderer(interaction)))
        return view
