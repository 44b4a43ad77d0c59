"""Invalid orders are refused with a sentence, before any worker gets them."""

from __future__ import annotations

import dataclasses
import math

import pytest

from bot.domain.generation import MAX_SEED, Sampling
from bot.domain.jobs import ClipSource, JobState, Kind, MessageHandle, Order, RequestOrigin
from bot.domain.limits import Limits
from bot.errors import RequestError
from bot.inference.worker import UNUSABLE
from bot.pipeline.order_checks import check_order
from tests.support.simulated_server import open_server
from tests.support.timings import quick

RIGHT = Order(
    key="1",
    origin=RequestOrigin(user_id=1, channel_id=2),
    kind=Kind.MUSIC,
    seconds=10.0,
    seed=3,
    prompt="rock",
)
HUGE = 10**5000
ODD = [math.nan, math.inf, -math.inf, -1, HUGE, "5", None, True, [5], 1 + 1j]


def continued(keep):
    return {"source": ClipSource(clip_id=1, keep_seconds=keep)}


def sampled(name, value):
    return {"sampling": dataclasses.replace(Sampling(), **{name: value})}


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:10] if odd != HUGE else "huge")
@pytest.mark.parametrize(
    "make",
    [
        lambda odd: {"seconds": odd},
        lambda odd: {"seed": odd},
        lambda odd: sampled("guidance", odd),
        lambda odd: sampled("temperature", odd),
        lambda odd: sampled("top_k", odd),
        lambda odd: sampled("top_p", odd),
        continued,
    ],
    ids=["seconds", "seed", "guidance", "temperature", "top_k", "top_p", "keep"],
)
def test_nan_values_are_refused(make, odd):
    """NaN, infinity, another type, thousands of digits: one short sentence each."""
    with pytest.raises(RequestError) as caught:
        check_order(dataclasses.replace(RIGHT, **make(odd)), max_seconds=60)
    assert len(str(caught.value.sentence)) < 120


@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": "x" * 2001},
        {"prompt": 5},
        {"seconds": 60.1},
        {"seconds": 0.0},
        {"seed": MAX_SEED + 1},
        {"seed": 0.5},
        sampled("top_k", 2.5),
        sampled("temperature", 0),
    ],
)
def test_out_of_range_values_are_refused(changes):
    """The bounds are those of the engine and the configuration."""
    with pytest.raises(RequestError):
        check_order(dataclasses.replace(RIGHT, **changes), max_seconds=60)


async def test_an_invalid_order_fails_alone(tmp_path):
    """An order accepted by an earlier version fails with a sentence; the worker continues."""
    limits = Limits(daily_seconds=1e9, waiting_per_user=9, waiting_per_guild=9, waiting=9)
    async with open_server(tmp_path, timings=quick()) as server:
        await server.pipeline.executor.settled.wait()
        worker = server.pipeline.executor.worker_pids
        for number, top_k in enumerate((2.5, 10**30)):
            odd = dataclasses.replace(RIGHT, key=str(number), **sampled("top_k", top_k))
            await server.store.jobs.accept(odd, limits, MessageHandle())
        await server.pipeline.resume()
        await server.idle()
        assert [await server.state(number) for number in (1, 2)] == [JobState.FAILED] * 2
        assert (await server.store.jobs.get(1)).sentence == UNUSABLE
        assert (await server.music(seconds=1.0)).response.attachments
        assert server.pipeline.executor.worker_pids == worker
        assert await server.store.check() == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"prompt": None},
        {"seconds": 60},
        {"seed": MAX_SEED},
        {"kind": Kind.LOOP, "seconds": 0.0},
        continued(20.0),
        sampled("top_k", 0),
    ],
)
def test_valid_orders_are_accepted(changes):
    """Whole numbers are valid numbers of seconds, too."""
    check_order(dataclasses.replace(RIGHT, **changes), max_seconds=60)
