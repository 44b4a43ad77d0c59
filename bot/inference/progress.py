"""The progress of a job for the person who waits: place in the queue, share, ETA."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.status import JobProgress
from bot.inference.eta import EtaEstimator
from bot.inference.pending_job import PendingJob
from bot.inference.worker_pool import WorkerPool


def progress_of(
    job: PendingJob,
    *,
    ahead: Sequence[PendingJob],
    pool: WorkerPool,
    eta: EtaEstimator,
) -> JobProgress:
    """Return the progress of a job that is running or behind those in `ahead`."""
    model_is_ready = pool.model is not None
    if not job.started.is_set():
        before = [each.left_seconds for each in (*ahead, *pool.running) if each is not job]
        return JobProgress(
            ahead=len(ahead),
            share=0.0,
            seconds_left=eta.waiting(
                own_seconds=job.queued.seconds, ahead_seconds=before, slots=pool.slots
            ),
            is_running=False,
            model_is_ready=model_is_ready,
            trouble=pool.broken or pool.waiting_for_machine,
        )
    left_seconds = _left_seconds(job, pool, eta)
    return JobProgress(
        ahead=0,
        share=0.0 if job.is_endless else min(1.0, job.done_seconds / job.queued.seconds),
        seconds_left=None if job.is_endless else left_seconds,
        is_running=True,
        model_is_ready=model_is_ready,
    )


def _left_seconds(job: PendingJob, pool: WorkerPool, eta: EtaEstimator) -> float | None:
    """Return how long a running job will take, at the pace of its own worker if that is known."""
    worker = pool.supervisor_of(job.id)
    if worker is None:
        return eta.running(left_seconds=job.left_seconds, at_once=1)
    paces = (
        pace.running(left_seconds=job.left_seconds, at_once=len(worker.jobs))
        for pace in (worker.pace, eta)
    )
    return next((seconds for seconds in paces if seconds is not None), None)
