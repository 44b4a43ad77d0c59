"""The best clips of a server: recorded with the star that reaches the threshold."""

from __future__ import annotations

import pytest

from bot.store.retention import sweep
from bot.store.store import open_store
from tests.support.stored_jobs import Clock, delivered

ALICE, BOB, CAROL = 1, 2, 3
DAY = 86_400.0
GUILD, CHANNEL = 10, 70


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def store(tmp_path, clock):
    async with open_store(tmp_path, clock) as store:
        yield store
        assert await store.check() == []


async def due(store):
    return [(each.clip_id, each.message_id) for each in await store.best_of.due()]


async def test_a_post_is_due_at_enough_stars_and_at_each_change(store):
    """A post stays if stars are removed; none is due without a configured channel."""
    _, clip = await delivered(store)
    await store.stars.give(clip, BOB)
    await store.best_of.set(GUILD, CHANNEL, 2)
    assert await due(store) == []
    await store.stars.give(clip, CAROL)
    assert await due(store) == [(clip.id, None)]
    await store.best_of.record(clip.id, 700, 2)
    assert await due(store) == []
    await store.stars.take_back(clip, CAROL)
    assert await due(store) == [(clip.id, 700)]
    await store.best_of.record(clip.id, 700, 1)
    await store.best_of.clear(GUILD)
    _, other = await delivered(store, key="2")
    for person in (BOB, CAROL):
        await store.stars.give(other, person)
    assert await due(store) == []


async def test_a_star_during_posting_is_not_lost(store):
    """The recorded count is lower than the current one, so that an edit is due."""
    _, clip = await delivered(store)
    await store.best_of.set(GUILD, CHANNEL, 1)
    await store.stars.give(clip, BOB)
    await store.stars.give(clip, CAROL)
    await store.best_of.record(clip.id, 700, 1)
    assert await due(store) == [(clip.id, 700)]


async def test_a_deleted_clip_s_post_is_due_for_deletion(store):
    """After a deletion and after an erasure."""
    _, clip = await delivered(store)
    _, other = await delivered(store, key="2", user=4)
    await store.best_of.set(GUILD, CHANNEL, 1)
    for each in (clip, other):
        await store.stars.give(each, BOB)
        await store.best_of.record(each.id, 700 + each.id, 1)
    await store.clips.delete(clip.id)
    await store.privacy.forget(4)
    assert await due(store) == [(clip.id, 701), (other.id, 702)]
    for each in (clip, other):
        await store.best_of.delete_post(each.id)
    assert await due(store) == []


async def test_a_clip_that_is_gone_while_it_is_posted_leaves_no_post(store):
    """Deleted or erased between sending and recording: the post is due for deletion."""
    _, clip = await delivered(store)
    _, other = await delivered(store, key="2", user=4)
    await store.best_of.set(GUILD, CHANNEL, 1)
    for each in (clip, other):
        await store.stars.give(each, BOB)
    await store.clips.delete(clip.id)
    await store.privacy.forget(4)
    for each in (clip, other):
        await store.best_of.record(each.id, 700 + each.id, 1)
    assert await due(store) == [(clip.id, 701), (other.id, 702)]


async def test_an_expired_clip_s_post_is_never_due_again(store, clock):
    """Neither for deletion, nor when people who starred it are forgotten or it is erased."""
    _, clip = await delivered(store)
    await store.best_of.set(GUILD, CHANNEL, 1)
    await store.stars.give(clip, BOB)
    await store.best_of.record(clip.id, 700, 1)
    clock.now += 31 * DAY
    await sweep(store, 30, clock.now)
    assert (await store.clips.get(clip.id)).is_deleted
    assert await due(store) == []
    for person in (BOB, ALICE):
        await store.privacy.forget(person)
        assert await due(store) == []
