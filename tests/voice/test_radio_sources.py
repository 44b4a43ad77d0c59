"""The clips that a radio chooses from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bot.app.services.radio import RadioService
from bot.domain.radio import RadioSource
from bot.domain.sight import Sight
from bot.i18n.sentence import Sentence
from bot.store.store import open_store
from tests.store.test_battles import new_battle
from tests.store.test_jams import new_jam, take_turn
from tests.store.test_radios import new_radio
from tests.support.stored_jobs import Clock, accepted, delivered, new_clip

HERE = Sight(channel_ids={5})


async def test_a_jam_source_plays_current_tracks(tmp_path):
    """The whole track of each open jam of the server, up to its latest turn."""
    async with open_store(tmp_path, Clock()) as store:
        pipeline: Any = SimpleNamespace(store=store, notes=None)
        radio = RadioService(pipeline)
        plan = new_radio(source=RadioSource.JAMS)
        jam = await store.jams.begin(new_jam())
        assert await radio.clips(plan, HERE) == []
        await take_turn(store, jam, "1", 1)
        latest = await take_turn(store, jam, "2", 2)
        elsewhere = await store.jams.begin(new_jam("other", guild_id=11))
        await take_turn(store, elsewhere, "3", 1)
        assert [clip.id for clip in await radio.clips(plan, HERE)] == [latest.id]
        await store.jams.close(jam.id)


async def test_one_jam_s_radio_plays_the_growing_track(tmp_path):
    """Of a longer version, the time is reported up to which it is the same."""
    async with open_store(tmp_path, Clock()) as store:
        pipeline: Any = SimpleNamespace(store=store, notes=None)
        radio = RadioService(pipeline)
        jam = await store.jams.begin(new_jam())
        plan = new_radio(source=RadioSource.JAM, jam_id=jam.id)
        assert await radio.clips(plan, HERE) == []
        first = await take_turn(store, jam, "1", 1)
        assert [clip.id for clip in await radio.clips(plan, HERE)] == [first.id]
        await take_turn(store, jam, "2", 2)
        (head,) = await radio.clips(plan, HERE)
        snapshot = await store.jams.snapshot(jam.id)
        assert await radio.grown_at(jam.id, first.id, head) == snapshot.parts[1].starts_at_seconds
        assert await radio.grown_at(jam.id, head.id, head) is None
        elsewhere = new_radio(source=RadioSource.JAM, jam_id=jam.id, guild_id=9)
        assert await radio.clips(elsewhere, HERE) == []


async def test_a_person_s_radio_plays_only_what_everybody_may_hear(tmp_path):
    """Neither private clips, nor held ones, nor those of other servers and running battles."""
    async with open_store(tmp_path, Clock()) as store:
        pipeline: Any = SimpleNamespace(store=store, notes=None)
        radio = RadioService(pipeline)
        plan = new_radio(source=RadioSource.PERSON, person_id=1)
        _, first = await delivered(store, key="1")
        _, private = await delivered(store, key="2", is_private=True)
        await delivered(store, key="3", guild=11)
        await delivered(store, key="4", user=2)
        battle = await store.battles.begin(new_battle())
        await delivered(store, key="5", battle_id=battle.id)
        held = await accepted(store, key="6")
        await store.jobs.start(held.id)
        await store.jobs.record_clip(held.id, new_clip(held))
        await store.jobs.hold(held.id, Sentence("x"))
        assert [clip.id for clip in await radio.clips(plan, HERE)] == [first.id]
        await store.clips.publish(private.id)
        assert [clip.id for clip in await radio.clips(plan, HERE)] == [private.id, first.id]


@pytest.mark.parametrize("source", [RadioSource.STARS, RadioSource.RECENT, RadioSource.PERSON])
async def test_clips_that_not_everybody_sees_take_no_place(tmp_path, source):
    """More of them than a radio chooses from leave it those that everybody sees."""
    async with open_store(tmp_path, Clock()) as store:
        pipeline: Any = SimpleNamespace(store=store, notes=None)
        _, shown = await delivered(store, key="1")
        _, hidden = await delivered(store, key="2")
        await store.clips.set_message(hidden.id, 900, channel_id=6)
        if source is RadioSource.STARS:
            for person in (2, 3):
                await store.stars.give(hidden, person)
            await store.stars.give(shown, 2)
        plan = new_radio(source=source, person_id=1)
        found = await RadioService(pipeline, most_clips=1).clips(plan, HERE)
        assert [clip.id for clip in found] == [shown.id]
