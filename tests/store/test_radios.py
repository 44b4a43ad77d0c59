"""Radios that are on, in the store."""

from __future__ import annotations

import dataclasses

from bot.domain.radio import RadioPlan, RadioSource
from bot.store.store import open_store
from tests.store.test_personal_data import exported
from tests.support.stored_jobs import Clock


def new_radio(**other):
    """A radio of person 1 on server 10."""
    plan = RadioPlan(
        guild_id=10, channel_id=5, text_channel_id=6, source=RadioSource.STARS, user_id=1
    )
    return dataclasses.replace(plan, **other)


async def test_a_radio_persists(tmp_path):
    """One a server, in its latest state; a radio that was switched off is deleted."""
    live = new_radio(source=RadioSource.LIVE, words=(("techno", 1.0), ("harp", 0.5)), message_id=9)
    other = new_radio(guild_id=11, source=RadioSource.PERSON, person_id=3)
    jam = new_radio(guild_id=13, source=RadioSource.JAM, jam_id=4)
    async with open_store(tmp_path, Clock()) as store:
        await store.radios.begin(new_radio())
        await store.radios.begin(live)
        await store.radios.begin(other)
        await store.radios.begin(jam)
        await store.radios.begin(new_radio(guild_id=12))
        await store.radios.drop(12)
    async with open_store(tmp_path, Clock()) as store:
        assert await store.radios.all() == [live, other, jam]


async def test_a_radio_is_its_person_s_data(tmp_path):
    """It belongs to its starter and to the person whose clips it plays."""
    async with open_store(tmp_path, Clock()) as store:
        await store.radios.begin(new_radio(source=RadioSource.PERSON, person_id=3))
        await store.radios.begin(new_radio(guild_id=11, user_id=2))
        for person in (1, 3):
            (row,) = (await exported(store, person))["radios"]
            assert row["guild_id"] == 10
        await store.privacy.forget(3)
        assert [each.guild_id for each in await store.radios.all()] == [11]


async def test_an_erased_person_s_radio_is_not_stored_again(tmp_path):
    """It plays on until it ends; what changes meanwhile is stored for other radios only."""
    async with open_store(tmp_path, Clock()) as store:
        mine, other = new_radio(), new_radio(guild_id=11, user_id=2)
        for plan in (mine, other):
            await store.radios.begin(plan)
        await store.privacy.forget(1)
        changed = {"source": RadioSource.LIVE, "words": (("techno", 1.0),), "message_id": 9}
        for plan in (mine, other):
            await store.radios.update(dataclasses.replace(plan, **changed))
        assert await store.radios.all() == [dataclasses.replace(other, **changed)]
