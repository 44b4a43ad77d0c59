"""Cancel a job that waits or runs."""

from __future__ import annotations

from bot.app.client import Interaction
from bot.errors import RequestError
from cogs.presentation import messages
from cogs.presentation.errors import say
from cogs.requests.limits import is_manager


async def cancel(interaction: Interaction, job_id: int) -> None:
    """Cancel a job of one's own, or anyone's as a manager; says what came of it."""
    requests = interaction.client.service.requests
    job = await requests.find(job_id)
    if job is None or (
        job.order.origin.user_id != interaction.user.id
        and not (is_manager(interaction) and job.order.origin.guild_id == interaction.guild_id)
    ):
        raise RequestError(messages.NOT_YOURS)
    await interaction.response.defer(ephemeral=True)
    done = await requests.cancel(job_id)
    await say(interaction, messages.CANCELLED if done else messages.TOO_LATE_TO_CANCEL)
