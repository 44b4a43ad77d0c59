"""Stars: given once, removed, counted, and erased with their person."""

from __future__ import annotations

import pytest

from bot.domain.sight import Sight
from bot.store.store import open_store
from tests.store.test_personal_data import exported
from tests.support.stored_jobs import Clock, delivered

ALICE, BOB, CAROL = 1, 2, 3
GUILD, PLACE, OTHER_PLACE = 10, 5, 6
DAY = 86_400.0
ALL = Sight(channel_ids={PLACE, OTHER_PLACE})


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def store(tmp_path, clock):
    async with open_store(tmp_path, clock) as store:
        yield store
        assert await store.check() == []


async def stars_of(store, clip):
    return (await store.clips.get(clip.id)).stars


async def starred(store, who, sight=ALL, limit=5):
    return [clip.id for clip in await store.clip_history.starred_by(who, sight, "", 0, limit)]


async def test_a_star_is_given_once_and_taken_back(store):
    """A second star and a second removal change nothing."""
    _, clip = await delivered(store)
    assert await store.stars.give(clip, BOB)
    assert not await store.stars.give(clip, BOB)
    assert await stars_of(store, clip) == 1
    assert await store.stars.take_back(clip, BOB)
    assert not await store.stars.take_back(clip, BOB)
    assert await stars_of(store, clip) == 0


async def test_own_stars_are_not_counted(store):
    """A clip of one's own is a favourite, but gets no point."""
    _, clip = await delivered(store)
    assert await store.stars.give(clip, ALICE)
    assert await stars_of(store, clip) == 0
    assert await starred(store, ALICE) == [clip.id]
    assert await store.stars.top(GUILD, ALL, 5) == []
    assert await store.stars.top_since(GUILD, ALL, 0.0, 5) == []


async def test_favourites_are_sorted_latest_first(store, clock):
    """Of anybody's clips; deleted ones are left out and can't be starred."""
    clips = [(await delivered(store, key=str(n)))[1] for n in range(3)]
    for clip in clips:
        clock.now += 1
        await store.stars.give(clip, BOB)
    await store.clips.delete(clips[1].id)
    assert await starred(store, BOB) == [clips[2].id, clips[0].id]
    assert not await store.stars.give(clips[1], CAROL)


async def test_the_top_list_is_sorted_by_stars(store, clock):
    """Of all time, or since a time; on one server."""
    clips = [(await delivered(store, key=str(n)))[1] for n in range(3)]
    for clip, people in zip(clips, ((BOB,), (BOB, CAROL), ()), strict=True):
        for person in people:
            await store.stars.give(clip, person)
    assert [clip.id for clip in await store.stars.top(GUILD, ALL, 5)] == [clips[1].id, clips[0].id]
    clock.now += DAY
    await store.stars.give(clips[2], CAROL)
    found = await store.stars.top_since(GUILD, ALL, clock.now - 60, 5)
    assert [(clip.id, given) for clip, given in found] == [(clips[2].id, 1)]
    assert await store.stars.top(GUILD + 1, ALL, 5) == []


async def test_a_list_is_full_of_what_its_reader_sees(store, clock):
    """However many clips out of sight have newer or more stars; one's own are always seen."""
    clips = [(await delivered(store, key=str(n), user=CAROL))[1] for n in range(6)]
    _, private = await delivered(store, key="private", user=CAROL, is_private=True)
    for clip in clips[2:]:
        await store.clips.set_message(clip.id, 700 + clip.id, channel_id=OTHER_PLACE)
    for number, clip in enumerate([*clips, private]):
        clock.now += 1
        await store.stars.give(clip, BOB)
        if number >= 2:
            await store.stars.give(clip, ALICE)
    sight = Sight(channel_ids={PLACE}, user_id=BOB)
    assert await starred(store, BOB, sight, 2) == [clips[1].id, clips[0].id]
    top = await store.stars.top(GUILD, sight, 2)
    assert [clip.id for clip in top] == [clips[1].id, clips[0].id]
    since = await store.stars.top_since(GUILD, sight, 0.0, 2)
    assert [(clip.id, given) for clip, given in since] == [(clips[0].id, 1), (clips[1].id, 1)]
    listed = await store.clips.of_guild(GUILD, sight, 2)
    assert [clip.id for clip in listed] == [clips[1].id, clips[0].id]
    own = Sight(channel_ids=(), user_id=CAROL)
    assert await starred(store, BOB, own, 2) == [private.id, clips[5].id]
    assert len(await store.stars.top(GUILD, own, 10)) == 6


async def test_stars_are_deleted_with_their_giver_and_clip(store):
    """Stars are part of a person's export and erasure."""
    _, alices = await delivered(store, key="1")
    _, bobs = await delivered(store, key="2", user=BOB)
    await store.stars.give(alices, BOB)
    await store.stars.give(bobs, ALICE)
    await store.stars.give(bobs, CAROL)
    assert [row["clip_id"] for row in (await exported(store, BOB))["stars"]] == [alices.id]
    await store.privacy.forget(BOB)
    assert await stars_of(store, alices) == 0
    assert (await exported(store, BOB))["stars"] == []
    assert (await exported(store, CAROL))["stars"] == []
