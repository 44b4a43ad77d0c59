"""Admission to the queue: no server fills it while others wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

import pytest

from bot.domain.jobs import MADE_BY_BOT
from bot.errors import Refused
from bot.store.admission import has_room
from bot.store.settings import EVERYWHERE
from bot.store.store import open_store
from tests.support.stored_jobs import Clock, accepted, limits, used


def fill(waiting: Counter[int], servers: int, most: int) -> None:
    """Let servers queue one job after the other until none is admitted."""
    before = -1
    while before != waiting.total():
        before = waiting.total()
        for server in range(servers):
            if has_room(waiting[server], waiting.total(), most):
                waiting[server] += 1


@pytest.mark.parametrize("servers", [2, 3, 5, 10])
def test_a_server_without_waiting_jobs_is_admitted(servers):
    """However many clips the others want; those have equal shares."""
    waiting: Counter[int] = Counter()
    fill(waiting, servers, most=100)
    assert has_room(0, waiting.total(), 100)
    assert max(waiting.values()) - min(waiting.values()) <= 1
    assert max(waiting.values()) >= 100 // (servers + 1)


def test_a_single_server_can_fill_the_queue():
    """Up to the whole queue, unless its own limit is lower."""
    waiting: Counter[int] = Counter()
    fill(waiting, 1, most=7)
    assert waiting == {0: 7}


async def test_full_shares_and_full_queues_have_their_own_refusals(tmp_path):
    """The sentence names what is full; direct messages share one part of the queue."""
    allowed = limits(waiting=4)
    async with open_store(tmp_path, Clock()) as store:
        await accepted(store, key="1", user=1, guild=10, allowed=allowed)
        few = limits(waiting=4, waiting_per_guild=1)
        await accepted(store, key="2", user=2, guild=None, allowed=few)
        await accepted(store, key="3", user=2, guild=None, allowed=few)
        with pytest.raises(Refused, match="This server can't have more"):
            await accepted(store, key="4", user=3, guild=10, allowed=allowed)
        with pytest.raises(Refused, match="The queue is too long"):
            await accepted(store, key="5", user=4, guild=None, allowed=allowed)
        await accepted(store, key="6", user=4, guild=11, allowed=allowed)
        with pytest.raises(Refused, match="The queue is too long"):
            await accepted(store, key="7", user=5, guild=12, allowed=allowed)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"daily_seconds": 15}, "You have 5 s of music left today and this takes 10 s"),
        ({"waiting_per_user": 1}, "You have a clip in the queue already"),
        ({"waiting_per_guild": 1}, "This server can't have more clips in the queue"),
        ({"waiting": 1}, "The queue is too long"),
        ({"guild_daily_seconds": 15}, "This server has 5 s of music left today"),
    ],
)
async def test_each_limit_has_its_sentence_and_costs_nothing(store, changed, sentence):
    """The refusal names the limit, and nothing is stored."""
    await accepted(store)
    with pytest.raises(Refused, match=sentence):
        await accepted(store, key="2", allowed=limits(**changed))
    assert await used(store) == 10
    assert len(await store.jobs.unfinished()) == 1


async def test_a_limit_is_reached_exactly(store):
    """The remaining quota can be used up to the last second."""
    await accepted(store, seconds=99.9, allowed=limits(daily_seconds=100))
    await accepted(store, key="2", seconds=0.1, allowed=limits(daily_seconds=100))
    assert await used(store) == pytest.approx(100)


async def test_blocked_people_and_a_draining_bot_are_refused(store):
    """Managers can block a person, the owner can refuse everybody before a restart."""
    await store.settings.block(10, 1, True)
    with pytest.raises(Refused, match="can't make music here"):
        await accepted(store)
    await accepted(store, key="elsewhere", guild=11)
    await store.settings.block(10, 1, False)
    await store.settings.set_metadata("draining", "1")
    with pytest.raises(Refused, match="about to be restarted"):
        await accepted(store)
    await store.settings.set_metadata("draining", "")
    await accepted(store)


async def test_the_owner_s_block_applies_on_all_servers(store):
    """On every server and in direct messages; a manager can't lift it."""
    await store.settings.block(EVERYWHERE, 1, True)
    for number, guild in enumerate((10, 11, None)):
        await store.settings.block(10, 1, False)
        with pytest.raises(Refused, match="can't make music here"):
            await accepted(store, key=str(number), guild=guild)
    await accepted(store, key="another", user=2)
    await store.settings.block(EVERYWHERE, 1, False)
    await accepted(store)


async def test_concurrent_orders_never_exceed_a_limit(store):
    """Check and reservation are atomic: a hundred concurrent orders can't pass a limit."""

    async def attempt(number):
        with suppress(Refused):
            await accepted(store, key=str(number), allowed=limits(daily_seconds=55))

    await asyncio.gather(*(attempt(number) for number in range(100)))
    assert len(await store.jobs.unfinished()) == 5
    assert await used(store) == 50


async def test_what_is_free_neither_waits_nor_is_waited_for(store):
    """Loops, mixes and mixdowns have no pause, and begin none."""
    paced = limits(cooldown_seconds=60.0)
    for number, kind in enumerate(sorted(MADE_BY_BOT)):
        await accepted(store, key=f"free/{number}", kind=kind, seconds=0.0, allowed=paced)
    await accepted(store, key="first/1", allowed=paced)
    with pytest.raises(Refused, match="Not so fast"):
        await accepted(store, key="second/1", allowed=paced)
    for number, kind in enumerate(sorted(MADE_BY_BOT)):
        await accepted(store, key=f"freely/{number}", kind=kind, seconds=0.0, allowed=paced)
