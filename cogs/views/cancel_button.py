"""The button under a job that waits or runs. It holds an id and nothing else."""

from __future__ import annotations

import discord

from bot.app.client import ZhiyinBot
from bot.errors import RequestError
from bot.i18n.languages import Reader
from bot.i18n.sentence import Sentence
from cogs.errors import say
from cogs.presentation import messages
from cogs.requests.limits import is_manager
from cogs.views.persistent_button import LastingButton

Interaction = discord.Interaction[ZhiyinBot]


def cancel_view(read: Reader, job_id: int) -> discord.ui.View:
    """Return the button under a job that waits or runs."""
    view = discord.ui.View(timeout=None)
    view.add_item(CancelButton(job_id, read))
    return view


class CancelButton(LastingButton, template=r"zhiyin:job:(?P<id>\d+):cancel"):
    """The button that cancels a job."""

    def __init__(self, job_id: int, read: Reader | None = None) -> None:
        super().__init__(
            discord.ui.Button(
                label=(read or Reader())(Sentence("Cancel")),
                style=discord.ButtonStyle.secondary,
                custom_id=f"zhiyin:job:{job_id}:cancel",
            )
        )
        self.job_id = job_id

    async def pressed(self, interaction: Interaction) -> None:
        """Cancel the job, for the person who asked for it or a manager."""
        await cancel(interaction, self.job_id)


async def cancel(interaction: Interaction, job_id: int) -> None:
    """Cancel a job of one's own, or anyone's as a manager; says what came of it."""
    pipeline = interaction.client.pipeline
    job = await pipeline.store.jobs.get(job_id)
    if job is None or (
        job.order.place.user_id != interaction.user.id
        and not (is_manager(interaction) and job.order.place.guild_id == interaction.guild_id)
    ):
        raise RequestError(messages.NOT_YOURS)
    await interaction.response.defer(ephemeral=True)
    done = await pipeline.cancel(job_id)
    await say(interaction, messages.CANCELLED if done else messages.TOO_LATE_TO_CANCEL)


async def setup(bot: ZhiyinBot) -> None:
    """Register the button."""
    bot.add_dynamic_items(CancelButton)
