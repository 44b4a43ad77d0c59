"""Presets: stored by name, for a person or for a server, up to a limit."""

from __future__ import annotations

import pytest

from bot.domain.presets import Preset, PresetOwner
from bot.store.store import open_store
from tests.store.test_personal_data import exported
from tests.support.stored_jobs import Clock, delivered

ALICE, SERVER = PresetOwner(id=1), PresetOwner(id=1, is_server=True)
FULL = Preset(
    name="Late Night", words="lo-fi", seconds=20.0, takes=2, loop=True,
    sampling={"guidance": 4.0}, keep_stems=("drums",),
)  # fmt: skip


@pytest.fixture
async def store(tmp_path):
    async with open_store(tmp_path, Clock()) as opened:
        yield opened


async def test_a_preset_round_trips(store):
    """Names ignore case; a person and a server with the same id are distinct."""
    assert await store.presets.save(ALICE, FULL, most=5)
    assert await store.presets.get(ALICE, " late  night") == FULL
    assert await store.presets.get(SERVER, "Late Night") is None
    assert await store.presets.of(ALICE) == [FULL]
    assert await store.presets.delete(ALICE, "LATE NIGHT")
    assert not await store.presets.delete(ALICE, "LATE NIGHT")


async def test_a_preset_of_the_same_name_is_replaced(store):
    """Also at the limit."""
    for name in ("a", "b"):
        assert await store.presets.save(ALICE, Preset(name=name, words="x"), most=2)
    assert not await store.presets.save(ALICE, Preset(name="c", words="x"), most=2)
    assert await store.presets.save(ALICE, Preset(name="B", words="y"), most=2)
    assert [(each.name, each.words) for each in await store.presets.of(ALICE)] == [
        ("a", "x"),
        ("B", "y"),
    ]


async def test_presets_and_reports_are_exported_and_erased(store):
    """A server's presets name no person and stay; reports of the person's clips are deleted."""
    _, clip = await delivered(store, key="1")
    _, other = await delivered(store, key="2", user=2)
    await store.presets.save(ALICE, FULL, most=5)
    await store.presets.save(SERVER, FULL, most=5)
    assert await store.reports.add(other, ALICE.id, "loud")
    assert not await store.reports.add(other, ALICE.id, "louder")
    assert await store.reports.add(clip, 2, None)
    found = await exported(store, ALICE.id)
    assert [each["name"] for each in found["presets"]] == ["Late Night"]
    assert [each["words"] for each in found["reports"]] == ["loud"]
    await store.privacy.forget(ALICE.id)
    assert await store.presets.of(ALICE) == []
    assert await store.presets.of(SERVER) == [FULL]
    assert (await exported(store, ALICE.id))["reports"] == []
    assert await store.reports.to_post(10, 5) == []
    assert await store.check() == []


async def test_a_report_is_kept_as_long_as_clips(store):
    """Then it is deleted, whether it was posted or not."""
    _, clip = await delivered(store, key="1")
    await store.reports.add(clip, 2, "loud")
    (report,) = await store.reports.to_post(clip.origin.guild_id, 5)
    assert (report.words, report.count) == ("loud", 1)
    await store.privacy.delete_old_texts(store.jobs._clock() + 1)
    assert await store.reports.to_post(clip.origin.guild_id, 5) == []
