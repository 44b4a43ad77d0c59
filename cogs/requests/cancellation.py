"""Cancel a waiting or running job."""

from __future__ import annotations

from bot.app.client import Interaction
from bot.errors import RequestError
from cogs.presentation import messages
from cogs.presentation.errors import send_privately
from cogs.requests.rights import require_owner_or_manager


async def cancel_job(interaction: Interaction, job_id: int, *, alone: bool = False) -> None:
    """Cancel a job for its author or a manager, and post the outcome. Raises RequestError.

    All takes that share its message are cancelled, unless `alone`.
    """
    requests = interaction.client.service.requests
    job = await requests.find(job_id)
    if job is None:
        raise RequestError(messages.NOT_YOURS)
    require_owner_or_manager(interaction, job.order.origin)
    await interaction.response.defer(ephemeral=True)
    takes = [] if alone else [take.job.id for take in await requests.takes_of(job)]
    done = [await requests.cancel(each) for each in takes or [job_id]]
    answer = messages.CANCELLED if all(done) else messages.TOO_LATE_TO_CANCEL
    if any(done) and not all(done):
        answer = messages.CANCELLED_SOME.fill(n=sum(done), count=len(done))
    await send_privately(interaction, answer)
