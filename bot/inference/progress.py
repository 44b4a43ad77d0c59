"""Where a job stands, for the person who waits: its place in the queue, its share, its ETA."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.status import JobProgress
from bot.i18n.sentence import Sentence
from bot.inference.eta import EtaEstimator
from bot.inference.pending import PendingJob


def running_progress(
    job: PendingJob, *, eta: EtaEstimator, at_once: int, model_is_ready: bool
) -> JobProgress:
    """Return the progress of a job that a worker has, with `at_once` jobs running in all."""
    return JobProgress(
        ahead=0,
        share=min(1.0, job.done_seconds / job.queued.seconds),
        seconds_left=eta.running(left_seconds=job.left_seconds, at_once=max(1, at_once)),
        is_running=True,
        model_is_ready=model_is_ready,
    )


def queued_progress(
    job: PendingJob,
    *,
    eta: EtaEstimator,
    ahead: Sequence[PendingJob],
    running: Sequence[PendingJob],
    slots: int,
    model_is_ready: bool,
    trouble: Sentence | None,
) -> JobProgress:
    """Return the progress of a job that waits for those `ahead` in the queue and those running."""
    before = [each.left_seconds for each in (*ahead, *running) if each is not job]
    return JobProgress(
        ahead=len(ahead),
        share=0.0,
        seconds_left=eta.waiting(own_seconds=job.queued.seconds, ahead_seconds=before, slots=slots),
        is_running=False,
        model_is_ready=model_is_ready,
        trouble=trouble,
    )
