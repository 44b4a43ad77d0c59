"""Give the next job of the queue to a worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from bot.config import Config
from bot.inference.fair_queue import FairQueue
from bot.inference.live_jobs import preempt_endless
from bot.inference.pending_job import PendingJob
from bot.inference.task_set import TaskSet
from bot.inference.worker_pool import WorkerPool
from bot.log import log_job_id

PREPARE = "prepare"
"""The name of the tasks that prepare a job and send it to its worker."""


def give_next_job(
    queue: FairQueue,
    jobs: Mapping[int, PendingJob],
    pool: WorkerPool,
    tasks: TaskSet,
    config: Config,
) -> PendingJob | None:
    """Take the next job from the queue and give it to the worker with the most room.

    Returns None if no worker has room, or no job may run now.
    """
    if queue.next_is_alone:
        preempt_endless(pool, tasks)
    supervisor = pool.pick_free(1 if queue.next_is_alone else config.engine.slots)
    if supervisor is None:
        return None
    running = Counter(job.queued.user_id for job in pool.running)
    queued = queue.take(running, most_per_user=config.limits.running_per_user)
    if queued is None:
        return None
    job = jobs[queued.job_id]
    supervisor.jobs[job.id] = job
    with log_job_id(job.id):
        tasks.begin(supervisor.give(job), PREPARE)
    return job
