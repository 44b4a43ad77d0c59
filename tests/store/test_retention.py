"""The hourly retention job: one failure never keeps the rest from being done."""

from __future__ import annotations

import asyncio
import logging
import os
import time

import pytest

from bot.store.retention import EVERY_SECONDS, run_retention, sweep
from bot.store.store import open_store
from bot.store.store_files import BACKUPS
from tests.support.stored_jobs import delivered


@pytest.fixture
async def store(tmp_path):
    async with open_store(tmp_path, time.time) as opened:
        yield opened


async def test_a_non_file_does_not_block_retention(store):
    """A folder among the clips stays; unreferenced files beside it are deleted."""
    old = time.time() - 2 * EVERY_SECONDS
    (store.clips_folder / "lost+found").mkdir()
    names = [f"{number}.flac" for number in range(1000, 1020)]
    for path in [store.clips_folder / "lost+found", *(store.clips_folder / n for n in names)]:
        path.touch()
        os.utime(path, (old, old))
    assert await sweep(store, 30, time.time()) == len(names)
    assert [path.name for path in store.clips_folder.iterdir()] == ["lost+found"]


async def test_an_undeletable_file_does_not_block_others(store, caplog):
    """Its name is logged, and the next sweep tries again."""
    _, clip = await delivered(store, key="a")
    _, other = await delivered(store, key="b")
    (store.clips_folder / clip.file).mkdir()  # no unlink can delete a folder
    (store.clips_folder / other.file).touch()
    with caplog.at_level(logging.WARNING, logger="bot"):
        assert await sweep(store, 30, time.time() + 40 * 86_400) == 1
    assert f"store.file_not_deleted file={clip.file}" in caplog.text
    assert not (store.clips_folder / other.file).exists()


async def test_a_failed_backup_does_not_block_retention(store, caplog):
    """The retention job continues, whatever is in the backups' place."""
    (store.folder / BACKUPS).write_text("a file where a folder should be")
    with caplog.at_level(logging.INFO, logger="bot"):
        tidying = asyncio.create_task(run_retention(store, 30, 7, time.time))
        async with asyncio.timeout(60):
            while "store.swept" not in caplog.text:
                assert not tidying.done()
                await asyncio.sleep(0.01)
    tidying.cancel()
    assert "store.not_backed_up" in caplog.text
