"""Which worker gets a job, and which worker is not used: pure decisions, no process."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from bot.config import Config, EngineConfig, WorkerConfig
from bot.inference.eta import EtaEstimator
from bot.inference.pending_job import make_job
from bot.inference.progress import progress_of
from bot.inference.worker_pool import WorkerPool
from bot.inference.worker_process import ProcessBackend
from bot.inference.worker_troubles import (
    CANT_START,
    NOBODY,
    NOT_READY,
    OTHER_MODEL,
    refuse_model,
)
from tests.support import scripted_worker

MODEL = scripted_worker.info(8)


def pool(*factors):
    """A pool with a ready worker for each factor: its seconds of work for a second of sound."""
    eta = EtaEstimator()
    config = dataclasses.replace(
        Config(), worker=WorkerConfig(count=len(factors)), engine=EngineConfig(slots=8)
    )
    made = WorkerPool(
        config,
        ProcessBackend(config),
        None,
        eta=eta,
        clock=lambda: 0.0,
        changed=lambda: None,
        cancel_seconds=1.0,
    )
    for supervisor, factor in zip(made.supervisors, factors, strict=True):
        supervisor.model = MODEL
        if factor is not None:
            for estimator in (eta, supervisor.pace):
                estimator.learn(at_once=1, work_seconds=factor, sound_seconds=1.0)
    return made


class Job:
    """A job that is alone with nobody."""

    queued = type("Queued", (), {"alone": False})


def shares(made, jobs):
    """How many of so many jobs each worker gets."""
    for number in range(jobs):
        made.pick_free(8).jobs[number] = Job()
    return [len(each.jobs) for each in made.supervisors]


@pytest.mark.parametrize(
    ("factors", "jobs", "expected"),
    [
        ((None, None), 4, [2, 2]),
        ((1.0, 1.0), 5, [3, 2]),
        ((0.5, 1.0), 6, [4, 2]),
        ((0.1, 1.0), 5, [5, 0]),
        ((0.1, 1.0), 9, [8, 1]),
    ],
)
async def test_jobs_are_distributed_by_speed(factors, jobs, expected):
    """Up to the slots of each; with unknown speeds, equally."""
    assert shares(pool(*factors), jobs) == expected


async def test_a_new_worker_has_the_average_speed():
    """It is neither flooded with jobs nor left idle."""
    assert shares(pool(0.5, None), 4) == [2, 2]


async def test_only_ready_workers_have_slots():
    """Waits are estimated with the ready machines."""
    made = pool(None, None)
    assert made.slots == 16
    for each in made.supervisors:
        each.model = None
    assert made.slots == 8
    assert not [each for each in made.statuses if each.is_ready]
    await asyncio.sleep(0)


def test_another_model_or_precision_is_refused_in_a_sentence():
    """A seed gives the same clip on every machine, unless its owner allows otherwise."""
    other = dataclasses.replace(MODEL, precision="fp32")
    on_device = dataclasses.replace(MODEL, precision="fp16", target="Ascend")
    retrained = dataclasses.replace(MODEL, weights="another digest")
    refusals = {
        "same": refuse_model(MODEL, MODEL, "attic", other_precisions=False),
        "alone": refuse_model(MODEL, None, "attic", other_precisions=False),
        "precision": str(refuse_model(other, MODEL, "attic", other_precisions=False)),
        "device": str(refuse_model(on_device, MODEL, "attic", other_precisions=False)),
        "allowed": refuse_model(other, MODEL, "attic", other_precisions=True),
        "weights": str(refuse_model(retrained, MODEL, "attic", other_precisions=True)),
    }
    assert refusals["same"] is refusals["alone"] is refusals["allowed"] is None
    assert refusals["precision"].startswith("attic computes in fp32")
    assert refusals["device"].startswith("attic computes in fp16 (Ascend) and")
    assert refusals["weights"].startswith("attic has loaded another model")


def started(number):
    """A job of ten seconds that a worker has begun."""
    job = make_job(number, number, 10.0, no_request, None, alone=False, queued_at=0.0)
    job.started.set()
    return job


async def no_request():
    raise AssertionError


def pool_of(config):
    """A pool without any job yet."""
    return WorkerPool(
        config,
        ProcessBackend(config),
        ProcessBackend(config),
        eta=EtaEstimator(),
        clock=lambda: 0.0,
        changed=lambda: None,
        cancel_seconds=1.0,
    )


def test_a_worker_s_failure_is_shown_while_it_lasts():
    """Once for each machine, and no longer once one of its workers is accepted."""
    config = dataclasses.replace(Config(), worker=WorkerConfig(count=0, joined=4, backend="ray"))
    made = pool_of(config)
    first, second, third, _ = made.joined
    for place in (first, second):
        place.broken, place.broken_host = OTHER_MODEL, "attic"
    third.broken = NOT_READY
    shown = [(each.host, each.trouble) for each in made.statuses]
    assert shown == [("attic", OTHER_MODEL), ("", NOT_READY)]
    third.broken, third.model, third.host = None, MODEL, "attic"
    assert made.statuses == []


@pytest.mark.parametrize(("count", "is_shown"), [(0, True), (1, False)])
def test_waiting_for_a_machine_is_shown(count, is_shown):
    """If the bot has no worker of its own, and no machine has joined."""
    config = dataclasses.replace(Config(), worker=WorkerConfig(count=count, backend="ray"))
    made = pool_of(config)
    assert made.waiting_for_machine == (NOBODY if is_shown else None)


def test_a_joined_machine_that_was_refused_stops_no_order_here():
    """While the bot's own worker loads again after a crash, orders wait for it."""
    config = dataclasses.replace(Config(), worker=WorkerConfig(count=1, joined=1, backend="ray"))
    made = pool_of(config)
    own, joined = made.supervisors
    joined.broken, joined.broken_host = OTHER_MODEL, "attic"
    assert made.broken is None
    own.broken = CANT_START
    assert made.broken == CANT_START


async def test_the_time_left_is_estimated_with_the_job_s_own_worker():
    """How many clips the others make at once says nothing about it."""
    made = pool(1.0, None)
    quick, busy = made.supervisors
    eta = EtaEstimator()
    for at_once, work_seconds in ((1, 1.0), (4, 8.0)):
        eta.learn(at_once=at_once, work_seconds=work_seconds, sound_seconds=1.0)
    jobs = {number: started(number) for number in range(5)}
    quick.jobs[0] = jobs.pop(0)
    busy.jobs.update(jobs)
    seconds = [progress_of(job, ahead=(), pool=made, eta=eta).seconds_left for job in made.running]
    # A worker without a pace of its own has that of all.
    assert seconds == [10.0, 80.0, 80.0, 80.0, 80.0]
