"""The clips that a radio chooses from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bot.app.services.radio import RadioService
from bot.domain.radio import RadioSource
from bot.i18n.sentence import Sentence
from bot.store.store import open_store
from tests.store.test_battles import new_battle
from tests.store.test_jams import new_jam, take_turn
from tests.store.test_radios import new_radio
from tests.support.stored_jobs import Clock, accepted, delivered, new_clip


async def test_a_jam_source_plays_current_tracks(tmp_path):
    """The whole track of each open jam of the server, up to its latest turn."""
    async with open_store(tmp_path, Clock()) as store:
        pipeline: Any = SimpleNamespace(store=store)
        radio = RadioService(pipeline)
        plan = new_radio(source=RadioSource.JAMS)
        jam = await store.jams.begin(new_jam())
        assert await radio.clips(plan) == []
        await take_turn(store, jam, "1", 1)
        latest = await take_turn(store, jam, "2", 2)
        elsewhere = await store.jams.begin(new_jam("other", guild_id=11))
        await take_turn(store, elsewhere, "3", 1)
        assert [clip.id for clip in await radio.clips(plan)] == [latest.id]
        await store.jams.close(jam.id)


async def test_one_jam_s_radio_plays_the_growing_track(tmp_path):
    """Of a longer version, the time is reported up to which it is the same."""
    async with open_store(tmp_path, Clock()) as store:
        pipeline: Any = SimpleNamespace(store=store)
        radio = RadioService(pipeline)
        jam = await store.jams.begin(new_jam())
        plan = new_radio(source=RadioSource.JAM, jam_id=jam.id)
        assert await radio.clips(plan) == []
        first = await take_turn(store, jam, "1", 1)
        assert [clip.id for clip in await radio.clips(plan)] == [first.id]
        await take_turn(store, jam, "2", 2)
        (head,) = await radio.clips(plan)
        snapshot = await store.jams.snapshot(jam.id)
        assert await radio.grown_at(jam.id, first.id, head) == snapshot.parts[1].starts_at_seconds
        assert await radio.grown_at(jam.id, head.id, head) is None
        assert await radio.clips(new_radio(source=RadioSource.JAM, jam_id=jam.id, guild_id=9)) == []
        assert [each.id for each in await store.jams.latest_in(jam.guild_id, 5)] == [jam.id]


async def test_a_person_s_radio_plays_only_what_everybody_may_hear(tmp_path):
    """Neither private clips, nor held ones, nor those of other servers and running battles."""
    async with open_store(tmp_path, Clock()) as store:
        pipeline: Any = SimpleNamespace(store=store)
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
        assert [clip.id for clip in await radio.clips(plan)] == [first.id]
        await store.clips.publish(private.id)
        assert [clip.id for clip in await radio.clips(plan)] == [private.id, first.id]
