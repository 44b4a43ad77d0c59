"""Deleted text is in no byte of the database's files: not in free pages, not in the WAL."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing

import pytest

from bot.store.database import FILE
from bot.store.migrations.history import MIGRATIONS
from bot.store.retention import sweep
from bot.store.store import open_store
from tests.pipeline.test_erasure import DAY
from tests.support.stored_jobs import Clock, delivered

WORD = "Kanarienvogel"
# As long as prompts may be, so that some deletions free whole pages.
PROMPT = f"{WORD} " + "la " * 120


def files_with(folder, word=WORD):
    """The names of the database's files that contain a word."""
    return {path.name for path in folder.glob(f"{FILE}*") if word.encode() in path.read_bytes()}


async def make_clips(store, people=(1, 2), clips=40):
    """Let people make clips in turns, so that their words lie beside each other."""
    for number in range(clips):
        for user in people:
            words = PROMPT if user == 1 else f"another song {number}"
            await delivered(store, key=f"{user}/{number}", user=user, prompt=words, seconds=1.0)


@pytest.fixture
def clock():
    return Clock()


async def test_deleted_texts_are_in_no_file(tmp_path, clock):
    """At once, while the bot runs; other people's texts stay."""
    async with open_store(tmp_path, clock) as store:
        await make_clips(store)
        assert f"{FILE}-wal" in files_with(tmp_path)
        assert await store.privacy.forget(1) == [f"{number}.flac" for number in range(1, 81, 2)]
        assert files_with(tmp_path) == set()
        assert files_with(tmp_path, "another song 7") == {FILE}


async def test_expired_texts_are_in_no_file(tmp_path, clock):
    """The hourly sweep leaves nothing of expired prompts and tokens."""
    async with open_store(tmp_path, clock) as store:
        await make_clips(store)
        clock.now += 31 * DAY
        await sweep(store, 30, clock.now)
        assert files_with(tmp_path) == set()
        assert files_with(tmp_path, "secret-token") == set()


async def test_a_concurrent_reader_delays_scrubbing_to_the_next_sweep(tmp_path, clock):
    """A running backup keeps the WAL from being truncated; nothing waits or fails."""
    async with open_store(tmp_path, clock) as store:
        await delivered(store, key="a", prompt=PROMPT)
        with closing(sqlite3.connect(tmp_path / FILE)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM jobs").fetchall()
            assert await store.privacy.forget(1) == ["1.flac"]
            assert files_with(tmp_path) != set()
        await sweep(store, 30, clock.now)
        assert files_with(tmp_path) == set()


async def test_a_kill_after_a_deletion_delays_scrubbing_only(tmp_path, clock):
    """The WAL is truncated when the bot starts again."""
    program = textwrap.dedent(f"""
        import asyncio, os, signal
        from pathlib import Path
        from bot.store.database import Database
        from bot.store.store import open_store
        from tests.store.test_forgotten_bytes import PROMPT
        from tests.support.stored_jobs import Clock, delivered

        async def main():
            async def killed(self):
                os.kill(os.getpid(), signal.SIGKILL)
            Database.scrub = killed
            async with open_store(Path({str(tmp_path)!r}), Clock()) as store:
                await delivered(store, key="a", prompt=PROMPT)
                await store.privacy.forget(1)

        asyncio.run(main())
    """)
    ended = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], capture_output=True, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert files_with(tmp_path) != set()
    async with open_store(tmp_path, clock) as store:
        assert files_with(tmp_path) == set()
        assert await store.privacy.forget(1) == []


async def test_free_pages_of_older_versions_are_scrubbed_at_the_first_start(tmp_path, clock):
    """Older versions freed pages without overwriting them."""
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        for migration in MIGRATIONS[:3]:
            for statement in migration.statements:
                connection.execute(statement)
        connection.execute("PRAGMA user_version = 3")
        many = [(str(number), PROMPT) for number in range(50)]
        connection.executemany("INSERT INTO facts VALUES (?, ?)", many)
        connection.commit()
        connection.execute("DELETE FROM facts WHERE name != '7'")
        connection.execute("UPDATE facts SET value = 'x'")
        connection.commit()
    assert files_with(tmp_path) == {FILE}
    async with open_store(tmp_path, clock):
        assert files_with(tmp_path) == set()
