"""Subscribe to, steer and end jobs while they are generated."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.generation import PromptChange
from bot.domain.request_checks import OVER, check_change
from bot.errors import RequestError
from bot.inference.audio_stream import AudioStream
from bot.inference.pending_job import PendingJob, RequestedChange, UnrelatedWorkerLoss
from bot.inference.protocol import AudioTaken, EndJob, StreamJob
from bot.inference.supervisor import WorkerSupervisor
from bot.inference.task_set import TaskSet
from bot.inference.worker_pool import WorkerPool


def subscribe(job: PendingJob | None, pool: WorkerPool) -> AudioStream:
    """Return a stream of a job's audio from now on; it ends at once for None."""
    if job is None:
        ended = AudioStream()
        ended.close()
        return ended
    stream = _endless_stream(job, pool) if job.is_endless else AudioStream()
    job.streams = [*job.open_streams, stream]
    supervisor = pool.supervisor_of(job.id)
    if supervisor is not None:
        # A waiting job asks for the stream when it is given to a worker.
        if supervisor.worker is not None and job.started.is_set():
            supervisor.worker.send(StreamJob(job.id))
        _note_taken(supervisor, job)
    return stream


def _endless_stream(job: PendingJob, pool: WorkerPool) -> AudioStream:
    """Return a stream that drops nothing: the worker waits until audio is read."""

    def note_taken() -> None:
        supervisor = pool.supervisor_of(job.id)
        if supervisor is not None:
            _note_taken(supervisor, job)

    return AudioStream(max_seconds=None, note_taken=note_taken, taken_seconds=job.heard_seconds)


def _note_taken(supervisor: WorkerSupervisor, job: PendingJob) -> None:
    """Tell a worker how far the slowest subscriber of endless music has read."""
    taken = min((stream.taken_seconds for stream in job.open_streams), default=0.0)
    if supervisor.worker is not None and job.started.is_set() and taken > job.taken_seconds:
        job.taken_seconds = taken
        supervisor.worker.send(AudioTaken(job.id, taken))


def end(job: PendingJob, pool: WorkerPool) -> bool:
    """Let endless music finish with what is generated; return False if no worker has it."""
    supervisor = pool.supervisor_of(job.id)
    if supervisor is None or not job.started.is_set():
        return False
    if supervisor.worker is not None:
        supervisor.worker.send(EndJob(job.id))
    return True


def make_change(
    prompt: str | Sequence[tuple[str | None, float]] | None,
    fade_seconds: float,
    at_seconds: float | None,
) -> PromptChange:
    """Return a change to a prompt, or to several by weight."""
    words = ((prompt, 1.0),) if prompt is None or isinstance(prompt, str) else tuple(prompt)
    return PromptChange(words=words, fade_seconds=fade_seconds, at_seconds=at_seconds)


def request_change(
    job: PendingJob | None, pool: WorkerPool, change: PromptChange
) -> asyncio.Future[float]:
    """Request a prompt change; return a future of the second of sound at which it starts.

    Raises RequestError for an invalid change, at once or through the future.
    """
    if job is None:
        raise RequestError(OVER)
    check_change(change, None if job.is_endless else job.queued.seconds)
    begun: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    # Mark the exception as retrieved, in case nobody awaits the future.
    begun.add_done_callback(lambda done: done.cancelled() or done.exception())
    job.asked_changes += 1
    job.changes[job.asked_changes] = RequestedChange(change, begun)
    supervisor = pool.supervisor_of(job.id)
    if supervisor is not None:
        supervisor.change_prompt(job, job.asked_changes)
    return begun


def preempt_endless(pool: WorkerPool, tasks: TaskSet) -> None:
    """Stop endless music if it keeps all workers from a job that must run alone.

    Endless music never ends by itself; its listeners start it again behind that job.
    """
    ready = [each for each in pool.supervisors if each.model is not None]
    if any(not each.jobs for each in ready):
        return
    for supervisor in ready:
        jobs = list(supervisor.jobs.values())
        if all(job.is_endless for job in jobs):
            for job in jobs:
                if not job.outcome.done():
                    tasks.begin(supervisor.cancel(job), "cancel")
                    job.settle(UnrelatedWorkerLoss("a clip that must run alone comes first"))
            return
