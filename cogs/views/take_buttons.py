"""The buttons under takes that share a message: one for each take, and those for all.

A take's number is answered privately, with all buttons of that take: the shared message never
changes, so the buttons don't move under other people's fingers.
"""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.app.client import Interaction
from bot.domain.takes import Take
from bot.errors import RequestError
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, verbatim
from cogs.presentation import messages
from cogs.presentation.renderers import own_renderer, shared_renderer
from cogs.presentation.take_messages import take_line
from cogs.requests.clip_actions import order_again
from cogs.requests.rights import require_clip
from cogs.views.clip_buttons import UNKNOWN_BUTTON, clip_view
from cogs.views.delete_question import ask_to_delete_takes
from cogs.views.persistent_button import PersistentButton

_LABELS = {
    "again": (Sentence("Again"), discord.ButtonStyle.primary),
    "delete": (Sentence("Delete"), discord.ButtonStyle.danger),
}


def takes_view(render: Renderer, shown: Sequence[Take]) -> discord.ui.View:
    """Return the buttons under the takes that a message shows, each with its stars."""
    view = discord.ui.View(timeout=None)
    clips = [(take.number, take.clip) for take in shown if take.clip is not None]
    for number, clip in clips:
        view.add_item(TakeButton(clip.id, number, stars=clip.stars))
    for action in _LABELS:
        view.add_item(TakesButton(clips[0][1].id, action, render))
    return view


class TakeButton(PersistentButton, template=r"zhiyin:take:(?P<id>\d+)"):
    """The button of one take."""

    def __init__(self, clip_id: int, number: int = 0, *, stars: int = 0) -> None:
        label = f"{number} · ⭐ {stars}" if stars else str(number)
        super().__init__(
            discord.ui.Button(
                label=label,
                style=discord.ButtonStyle.secondary,
                custom_id=f"zhiyin:take:{clip_id}",
            ),
            row=0,
        )
        self.clip_id = clip_id

    async def press(self, interaction: Interaction) -> None:
        """Show the take's own buttons to the person alone."""
        clip = await require_clip(interaction, self.clip_id)
        render = own_renderer(interaction)
        requests = interaction.client.service.requests
        job = await requests.find(clip.job_id)
        # Also where a fast press comes before it is recorded that they are posted.
        takes = [] if job is None else await requests.takes_of(job)
        take = next((take for take in takes if take.job.id == clip.job_id), None)
        if take is None:
            raise RequestError(messages.NO_CLIP)
        answer = Sentence("**Take {line}**", line=take_line(take))
        await interaction.response.send_message(
            render(answer), view=clip_view(render, clip), ephemeral=True
        )


class TakesButton(PersistentButton, template=r"zhiyin:takes:(?P<id>\d+):(?P<action>[a-z]+)"):
    """A button for all takes of a message; its id is the first take's."""

    def __init__(self, clip_id: int, action: str, render: Renderer | None = None) -> None:
        label, style = _LABELS.get(action, (verbatim(action), discord.ButtonStyle.secondary))
        super().__init__(
            discord.ui.Button(
                label=(render or Renderer())(label),
                style=style,
                custom_id=f"zhiyin:takes:{clip_id}:{action}",
            ),
            row=1,
        )
        self.clip_id, self.action = clip_id, action

    async def press(self, interaction: Interaction) -> None:
        """Order as many takes again, or ask whether to delete them all."""
        clip = await require_clip(interaction, self.clip_id)
        match self.action:
            case "again":
                requests = interaction.client.service.requests
                job = await requests.find(clip.job_id)
                takes = [] if job is None else await requests.takes_of(job)
                await order_again(interaction, clip, takes=max(1, len(takes)))
            case "delete":
                await ask_to_delete_takes(interaction, clip)
            case "keep":
                takes = await interaction.client.service.clips.takes(clip)
                left = [take for take in takes if not take.is_deleted]
                await interaction.response.edit_message(
                    view=takes_view(shared_renderer(interaction), left)
                )
            case _:
                raise RequestError(UNKNOWN_BUTTON)
