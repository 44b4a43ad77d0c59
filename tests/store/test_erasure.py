"""Erasure in pieces: other writers do not wait for it, and a kill in between is harmless."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing

import pytest

from bot.cli.doctor import check_database
from bot.config import Config, StorageConfig
from bot.store.database import FILE
from bot.store.erasure import PIECE, delete_words, record_request
from bot.store.retention import sweep
from bot.store.store import open_store
from tests.pipeline.test_erasure import DAY
from tests.store.test_battles import new_battle
from tests.store.test_forgotten_bytes import PROMPT, files_with
from tests.store.test_jams import new_jam, take_turn
from tests.store.test_personal_data import exported
from tests.support.stored_jobs import NOON, Clock, accepted, delivered

ORDERS = 2 * PIECE + 1


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def store(tmp_path, clock):
    """A person with more orders than fit into two pieces."""
    async with open_store(tmp_path, clock) as opened:
        _, clip = await delivered(opened, key="0", prompt=PROMPT, seconds=1.0)
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            copy_orders(connection, ORDERS - 1)
        for name in (clip.file, f"{ORDERS}.flac"):
            (opened.clips_folder / name).touch()
            os.utime(opened.clips_folder / name, (NOON - DAY, NOON - DAY))
        yield opened


def copy_orders(connection, count):
    """Insert as many orders as the first one again, each with its clip and its entries."""

    def columns(table):
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]

    def copy(table, **changes):
        values = {name: changes.get(name, name) for name in columns(table)}
        connection.execute(
            f"INSERT INTO {table} ({', '.join(values)}) "
            f"SELECT {', '.join(values.values())} FROM {table} WHERE "
            + ("job_id = 1" if "job_id" in values else "id = 1")
            + " ORDER BY id"
        )

    for id_ in range(2, count + 2):
        copy("jobs", id=f"{id_}", key=f"'{id_}'", clip_id=f"{id_}", message_id=f"{900 + id_}")
        copy("ledger", id="NULL", job_id=f"{id_}")
        copy(
            "clips", id=f"{id_}", job_id=f"{id_}", file=f"'{id_}.flac'", message_id=f"{900 + id_}"
        )  # fmt: skip
    connection.commit()


async def stopped_after_a_piece(store):
    """The state after a kill that follows the request and the first piece."""
    async with store.privacy._database.transaction() as connection:
        assert await record_request(connection, 1, NOON)
    async with store.privacy._database.transaction() as connection:
        piece = await delete_words(connection, 1, 0)
    assert len(piece.files) == PIECE


async def test_an_erasure_does_not_block_others(store):
    """An order of somebody else is accepted between two pieces."""
    forgetting = asyncio.create_task(store.privacy.forget(1))
    while 1 not in await store.privacy.pending():
        await asyncio.sleep(0)
    await accepted(store, key="another's", user=2)
    assert await store.privacy.pending() == [1]
    assert len(await forgetting) == ORDERS
    assert await store.privacy.pending() == []
    assert await store.check() == []


async def test_data_being_erased_is_hidden_at_once(store):
    """However many rows are still in the tables."""
    before = await store.clips.get(ORDERS)
    await stopped_after_a_piece(store)
    assert await store.clips.of_user(1, 5) == await store.clips.held_of(1, 5) == []
    assert await store.clips.prompts_of(1, "", 5) == []
    assert await store.clips.get(ORDERS) is None
    kept = await exported(store, 1)
    assert (kept["clips"], kept["orders"]) == ([], [])
    # Today's, which are kept until midnight.
    assert len(kept["seconds"]) == 2 * ORDERS
    assert await store.clips.of_job(ORDERS) is None
    assert await store.clips.by_message(before.message_id) == []
    assert await store.check() == []


async def test_an_interrupted_erasure_is_finished_at_the_next_start(store, tmp_path, clock):
    """Its prompts are in no file, its sound is deleted, today's seconds stay until midnight."""
    await stopped_after_a_piece(store)
    assert files_with(tmp_path) != set()
    await sweep(store, 30, clock.now)
    assert files_with(tmp_path) == set()
    assert list(store.clips_folder.iterdir()) == []
    assert await store.privacy.pending() == []
    assert (await store.ledger.quota(1, 100)).used_seconds == ORDERS
    assert await store.check() == []
    clock.now += DAY
    await sweep(store, 30, clock.now)
    assert not any((await exported(store, 1)).values())
    assert await store.check() == []


async def test_orders_after_an_erasure_request_are_kept(store, clock):
    """An order during the interrupted erasure stays when that is finished."""
    await stopped_after_a_piece(store)
    _, clip = await delivered(store, key="later", seconds=1.0)
    assert await store.clips.of_user(1, 5) == [clip]
    await sweep(store, 30, clock.now)
    assert await store.clips.of_user(1, 5) == [clip]
    assert await store.check() == []


async def test_future_ledger_entries_are_erased(store, clock):
    """Entries written while the clock was wrong."""
    clock.now -= 400 * DAY
    await store.privacy.forget(1)
    assert (await store.totals()).jobs["delivered"] == 0
    assert await store.check() == []


async def test_the_doctor_reports_an_interrupted_erasure(store, tmp_path):
    """It is no violation: the bot finishes it."""
    await stopped_after_a_piece(store)
    config = Config(storage=StorageConfig(folder=str(tmp_path)))
    found = await asyncio.to_thread(lambda: [str(each.sentence) for each in check_database(config)])
    assert any("1 person asked for their data to be deleted" in sentence for sentence in found)


async def test_what_was_dated_by_a_clock_that_ran_ahead_is_erased(store, clock):
    """Stars, reports, battles and jams, as well as clips; what comes after the request stays."""
    _, clip = await delivered(store, key="theirs", user=2)
    clock.now += 400 * DAY
    await store.stars.give(clip, 1)
    await store.reports.add(clip, 1, "too loud")
    battle = await store.battles.begin(new_battle())
    jam = await store.jams.begin(new_jam())
    clock.now -= 400 * DAY
    await store.privacy.forget(1)
    theirs = await exported(store, 1)
    assert [theirs[kind] for kind in ("stars", "reports", "battles", "jams")] == [[]] * 4
    assert (await store.battles.get(battle.id)).prompt is None
    assert (await store.jams.get(jam.id)).title is None
    await store.stars.give(clip, 1)
    await sweep(store, 30, clock.now)
    assert (await store.clips.get(clip.id)).stars == 1


async def test_a_fork_during_an_erasure_does_not_credit_who_is_erased(store, clock):
    """Nothing of them is left in it when the erasure is over."""
    jam = await store.jams.begin(new_jam(user_id=2, name="Bob"))
    await take_turn(store, jam, "a turn", 1)
    async with store.privacy._database.transaction() as connection:
        assert await record_request(connection, 1, clock.now)
    clock.now += 1
    fork = await store.jams.begin(new_jam("fork", user_id=2, name="Bob", forked_from=jam.id))
    await store.privacy.resume()
    snapshot = await store.jams.snapshot(fork.id)
    assert [player.user_id for player in snapshot.players] == [2]
    theirs = await exported(store, 1)
    assert theirs["jam_players"] == theirs["jam_turns"] == []
