"""Backups: made while the database is written to, and never a partial one."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing

import pytest

from bot.atomic_file import replace_atomically
from bot.cli.app import main
from bot.domain.answers import OpenAnswer
from bot.errors import ConfigError, OutputError
from bot.store.backup import back_up, copy, rotate
from bot.store.database import FILE
from bot.store.store import open_store
from bot.store.store_files import BACKUPS
from tests.support.stored_jobs import accepted, delivered

DAY = 86_400.0
NOON = 1_795_000_000.0


@pytest.fixture
async def store(tmp_path):
    async with open_store(tmp_path, time.time) as opened:
        yield opened


def jobs_in(file):
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT COUNT(*) FROM jobs").fetchone()[0]


async def test_a_backup_is_made_during_writes(store, tmp_path):
    """It holds whole transactions only, and its ledger balances, whenever it was made."""
    stop = asyncio.Event()

    async def write():
        number = 0
        while not stop.is_set():
            number += 1
            await delivered(store, key=str(number), user=number, seconds=1.0)

    writing = asyncio.create_task(write())
    target = tmp_path / "copy.db"
    for _ in range(3):
        await asyncio.to_thread(back_up, tmp_path, target)
    stop.set()
    await writing
    assert jobs_in(target) > 0
    assert sorted(path.name for path in tmp_path.glob("*copy*")) == ["copy.db"]


@pytest.mark.parametrize("name", ["50% ?#&mode=rw %41", "caf\udce9"])
async def test_backups_work_with_any_folder_name(tmp_path, name):
    """No character of the name is taken for a part of SQLite's URI."""
    folder = tmp_path / name
    async with open_store(folder, time.time) as store:
        await accepted(store)
        back_up(folder, tmp_path / "copy.db")
        copy(folder, tmp_path / "unverified.db")
        assert rotate(folder, 7, NOON) is not None
    assert jobs_in(tmp_path / "copy.db") == jobs_in(tmp_path / "unverified.db") == 1


async def test_a_backup_can_replace_the_database(store, tmp_path):
    """A restored backup opens as a store, with its jobs."""
    await accepted(store)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    back_up(tmp_path, elsewhere / FILE)
    async with open_store(elsewhere, time.time) as restored:
        job = await restored.jobs.get(1)
        assert job.order.prompt == "rock"
        assert await restored.check() == []


async def test_there_is_one_backup_a_day_with_rotation(store, tmp_path):
    """The oldest are deleted; with 0 to keep, none is made."""
    for day in range(5):
        assert rotate(tmp_path, 3, NOON + day * DAY) is not None
        assert rotate(tmp_path, 3, NOON + day * DAY + 60) is None
    kept = sorted(path.name for path in (tmp_path / BACKUPS).iterdir())
    assert len(kept) == 3
    assert rotate(tmp_path, 0, NOON + 9 * DAY) is None


async def test_backups_with_future_dates_are_deleted_first(store, tmp_path):
    """They were made while the clock was wrong, and would be the newest for ever."""
    future = tmp_path / BACKUPS / "zhiyin-2099-01-01.db"
    future.parent.mkdir(mode=0o700)
    future.write_bytes(b"old words")
    made = rotate(tmp_path, 1, NOON)
    assert list(future.parent.iterdir()) == [made]


async def test_other_files_are_not_rotated(store, tmp_path):
    """A folder with a backup's name, and what the owner has put there, are not counted."""
    folder, own = tmp_path / BACKUPS / "zhiyin-2001-01-01.db", "zhiyin-before-the-update.db"
    folder.mkdir(parents=True, mode=0o700)
    back_up(tmp_path, tmp_path / BACKUPS / own)
    for day in range(3):
        assert rotate(tmp_path, 1, NOON + day * DAY) is not None
    assert folder.is_dir()
    assert (tmp_path / BACKUPS / own).is_file()
    assert len(list((tmp_path / BACKUPS).iterdir())) == 3


async def test_what_a_killed_bot_left_of_a_backup_is_deleted(store, tmp_path):
    """With SQLite's files beside it; what else is in the folder stays."""
    backups, own = tmp_path / BACKUPS, ".mine.db"
    backups.mkdir(mode=0o700)
    (backups / own).write_bytes(b"mine")
    with replace_atomically(backups / "zhiyin-2026-01-01.db") as scratch:
        for end in ("", "-wal", "-shm", "-journal"):
            scratch.with_name(scratch.name + end).write_bytes(b"old words")
        made = rotate(tmp_path, 3, NOON)
        assert {file.name for file in backups.iterdir()} == {made.name, own}
        scratch.touch()
        assert rotate(tmp_path, 3, NOON) is None
        assert not scratch.exists()
        scratch.touch()


async def test_a_corrupt_database_does_not_replace_a_backup(store, tmp_path):
    """A failed backup leaves the older one in place, and no partial file."""
    await accepted(store)
    target = tmp_path / "copy.db"
    back_up(tmp_path, target)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("UPDATE jobs SET state = 'delivered'")
        connection.commit()
    with pytest.raises(ConfigError, match="is damaged: Job 1 has ended"):
        back_up(tmp_path, target)
    assert jobs_in(target) == 1
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize("target", ["missing/copy.db", "/proc/copy.db"])
async def test_an_unwritable_backup_folder_is_reported(store, tmp_path, target):
    """OutputError says which file could not be written."""
    with pytest.raises(OutputError, match="could not be written"):
        back_up(tmp_path, tmp_path / target)


async def test_the_command_makes_a_backup(tmp_path, monkeypatch, capsys):
    """It overwrites a file only with --force."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    target = tmp_path / "copy.db"
    assert main(["backup", str(target)]) == 1
    assert "There is no database" in capsys.readouterr().err
    async with open_store(tmp_path / "zhiyin", time.time) as store:
        await accepted(store)
        assert main(["backup", str(target)]) == 0
    assert "its ledger balances" in capsys.readouterr().out
    assert main(["backup", str(target)]) == 1
    assert "--force" in capsys.readouterr().err
    assert main(["backup", str(target), "--force"]) == 0


async def test_a_backup_never_overwrites_the_database(store, tmp_path):
    """Not even with --force: a backup over the bot's own files is refused."""
    await accepted(store)
    for name in (FILE, f"{FILE}-wal"):
        with pytest.raises(OutputError, match="name another file"):
            back_up(tmp_path, tmp_path / name)
    assert await store.jobs.get(1) is not None


async def test_a_backup_is_private_and_has_no_tokens(store, tmp_path):
    """Only its owner can read it, and it holds no interaction tokens."""
    await accepted(store)
    answer = OpenAnswer(key="1", channel_id=5, text="x", token="secret-token too")
    await store.open_answers.open(answer)
    target = tmp_path / "copy.db"
    back_up(tmp_path, target)
    assert target.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT token FROM jobs").fetchall() == [(None,)]
    assert b"secret-token" not in target.read_bytes()
    assert (await store.jobs.get(1)).message.token is not None


async def test_an_impossible_backup_folder_is_reported(store, tmp_path):
    """OutputError, which the retention job survives."""
    (tmp_path / BACKUPS).write_text("a file is in the way")
    with pytest.raises(OutputError, match="could not be made"):
        rotate(tmp_path, 3, NOON)
