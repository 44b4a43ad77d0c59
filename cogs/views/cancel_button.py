"""The button under an unfinished job."""

from __future__ import annotations

import discord

from bot.app.client import Interaction
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.requests.cancellation import cancel_job
from cogs.views.persistent_button import PersistentButton


def cancel_view(render: Renderer, job_id: int) -> discord.ui.View:
    """Return the button under an unfinished job."""
    view = discord.ui.View(timeout=None)
    view.add_item(CancelButton(job_id, render))
    return view


class CancelButton(PersistentButton, template=r"zhiyin:job:(?P<id>\d+):cancel"):
    """The button that cancels a job."""

    def __init__(self, job_id: int, render: Renderer | None = None) -> None:
        super().__init__(
            discord.ui.Button(
                label=(render or Renderer())(Sentence("Cancel")),
                style=discord.ButtonStyle.secondary,
                custom_id=f"zhiyin:job:{job_id}:cancel",
            )
        )
        self.job_id = job_id

    async def press(self, interaction: Interaction) -> None:
        """Cancel the job, for the person who asked for it or a manager."""
        await cancel_job(interaction, self.job_id)
