"""Jobs that are heard and steered while they are made."""

from __future__ import annotations

import asyncio

from bot.domain.generation import PromptChange
from bot.domain.request_checks import OVER, check_change
from bot.errors import RequestError
from bot.inference.audio_stream import AudioStream
from bot.inference.pending import AskedChange, NotToBlame, PendingJob
from bot.inference.protocol import AudioTaken, EndJob, StreamJob
from bot.inference.supervisor import WorkerSupervisor
from bot.inference.task_set import TaskSet
from bot.inference.worker_pool import WorkerPool


def subscribe(job: PendingJob | None, pool: WorkerPool) -> AudioStream:
    """Return the audio of a job from here on; none of one that is over."""
    if job is None:
        ended = AudioStream()
        ended.close()
        return ended
    stream = _endless_stream(job, pool) if job.is_endless else AudioStream()
    job.streams = [*job.open_streams, stream]
    supervisor = pool.supervisor_of(job.id)
    if supervisor is not None:
        # One that waits says so itself when it is given to a worker.
        if supervisor.worker is not None and job.started.is_set():
            supervisor.worker.send(StreamJob(job.id))
        _note_taken(supervisor, job)
    return stream


def _endless_stream(job: PendingJob, pool: WorkerPool) -> AudioStream:
    """Return a stream of which nothing is dropped: the worker waits until it is taken."""

    def note_taken() -> None:
        supervisor = pool.supervisor_of(job.id)
        if supervisor is not None:
            _note_taken(supervisor, job)

    return AudioStream(max_seconds=None, note_taken=note_taken, taken_seconds=job.heard_seconds)


def _note_taken(supervisor: WorkerSupervisor, job: PendingJob) -> None:
    """Tell a worker how much of music without end its slowest listener has taken."""
    taken = min((stream.taken_seconds for stream in job.open_streams), default=0.0)
    if supervisor.worker is not None and job.started.is_set() and taken > job.taken_seconds:
        job.taken_seconds = taken
        supervisor.worker.send(AudioTaken(job.id, taken))


def end(job: PendingJob, pool: WorkerPool) -> bool:
    """Have music without end finished with what is made of it; False where no worker has it."""
    supervisor = pool.supervisor_of(job.id)
    if supervisor is None or not job.started.is_set():
        return False
    if supervisor.worker is not None:
        supervisor.worker.send(EndJob(job.id))
    return True


def ask_change(
    job: PendingJob | None, pool: WorkerPool, change: PromptChange
) -> asyncio.Future[float]:
    """Ask for other words and return the future second of the sound at which they begin.

    Raises RequestError for what can't be done, at once or by the future.
    """
    if job is None:
        raise RequestError(OVER)
    check_change(change, None if job.is_endless else job.queued.seconds)
    begun: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    # A refusal that nobody waits for is not an unhandled one.
    begun.add_done_callback(lambda done: done.cancelled() or done.exception())
    job.asked_changes += 1
    job.changes[job.asked_changes] = AskedChange(change, begun)
    supervisor = pool.supervisor_of(job.id)
    if supervisor is not None:
        supervisor.change_prompt(job, job.asked_changes)
    return begun


def give_way(pool: WorkerPool, tasks: TaskSet) -> None:
    """Stop music without end where nothing else keeps a worker from a job that runs alone.

    Nobody would wait for its end in vain, and whoever listens begins it again behind that job.
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
                    job.settle(NotToBlame("a clip that is made alone comes first"))
            return
