"""Cancel a job that waits or runs."""

from __future__ import annotations

from bot.app.client import Interaction
from bot.errors import RequestError
from cogs.presentation import messages
from cogs.presentation.errors import tell_privately
from cogs.requests.rights import require_owner_or_manager


async def cancel_job(interaction: Interaction, job_id: int) -> None:
    """Cancel a job for its author or a manager, and tell the outcome. Raises RequestError."""
    requests = interaction.client.service.requests
    job = await requests.find(job_id)
    if job is None:
        raise RequestError(messages.NOT_YOURS)
    require_owner_or_manager(interaction, job.order.origin)
    await interaction.response.defer(ephemeral=True)
    done = await requests.cancel(job_id)
    await tell_privately(interaction, messages.CANCELLED if done else messages.TOO_LATE_TO_CANCEL)
