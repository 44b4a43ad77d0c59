"""Who is let into the queue: no server fills it while others wait."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.errors import Refused
from bot.store.admission import has_room
from bot.store.store import open_store
from tests.store.test_store import Clock, accepted, limits


def fill(waiting: Counter[int], servers: int, most: int) -> None:
    """Let servers put in one after the other, again and again, until none is let in."""
    before = -1
    while before != waiting.total():
        before = waiting.total()
        for server in range(servers):
            if has_room(waiting[server], waiting.total(), most):
                waiting[server] += 1


@pytest.mark.parametrize("servers", [2, 3, 5, 10])
def test_a_server_without_waiting_jobs_is_admitted(servers):
    """However many clips the others want; and those have equally many."""
    waiting: Counter[int] = Counter()
    fill(waiting, servers, most=100)
    assert has_room(0, waiting.total(), 100)
    assert max(waiting.values()) - min(waiting.values()) <= 1
    assert max(waiting.values()) >= 100 // (servers + 1)


def test_a_single_server_can_fill_the_queue():
    """Where the limit of its own lets it; no more than the queue holds."""
    waiting: Counter[int] = Counter()
    fill(waiting, 1, most=7)
    assert waiting == {0: 7}


async def test_full_shares_and_full_queues_have_their_own_refusals(tmp_path):
    """The sentence names what is full; direct messages have a share, too, and no limit beside."""
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
