"""Permissions of stored files: only the bot's own user can read them, from their creation."""

from __future__ import annotations

import logging
import os
import stat
import time
from pathlib import Path

import pytest

from bot.atomic_file import replace_atomically
from bot.audio.files.masters import write_master
from bot.cli.doctor_protection import check_file_modes
from bot.cli.findings import Verdict
from bot.config import Config, StorageConfig
from bot.domain.generation import Sound
from bot.private_files import close_to_others, private_umask
from bot.store.backup import copy, rotate
from bot.store.store import open_store
from bot.store.store_files import exposed_files
from tests.support.sound_files import noise
from tests.support.stored_jobs import accepted

NOON = 1_795_000_000.0
SOUND = Sound(samples=noise().T, sample_rate_hz=32_000)
UNCHANGEABLE = Path("/proc/self/status")
"""Readable by all, and its mode can't be changed by anyone."""


@pytest.fixture(autouse=True)
def careless_umask():
    """A umask that restricts nothing: private files must set their own mode."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder):
    """The mode of a folder, and those of all files and folders in it, by name."""
    there = {"": folder} | {str(each.relative_to(folder)): each for each in folder.rglob("*")}
    return {name: stat.S_IMODE(path.lstat().st_mode) for name, path in there.items()}


def private(names):
    return {name: 0o700 if name in {"", "backups", "clips", "uploads"} else 0o600 for name in names}


async def filled(folder):
    """A store's folder with a file of each kind; yields the modes while it is open."""
    async with open_store(folder, time.time) as store:
        await accepted(store)
        write_master(store.clips_folder / "1.flac", SOUND)
        write_master(store.uploads_folder / "a.flac", SOUND)
        rotate(folder, 7, NOON)
        return modes(folder)


async def test_all_stored_files_are_private(tmp_path):
    """The database, SQLite's files beside it, the lock, sounds, backups, and their folders."""
    found = await filled(tmp_path / "deep" / "data")
    assert {"zhiyin.db", "zhiyin.db-wal", "zhiyin.db-shm", "zhiyin.lock"} < set(found)
    assert {"clips/1.flac", "uploads/a.flac", "backups/zhiyin-2026-11-18.db"} < set(found)
    assert found == private(found)


async def test_open_file_modes_of_earlier_versions_are_fixed_at_the_start(tmp_path):
    """Silently; the doctor reports them before."""
    found = await filled(tmp_path / "data")
    folder = tmp_path / "data"
    (folder / "zhiyin.db-journal").touch()
    for each in [folder, *folder.rglob("*")]:
        each.chmod(0o755 if each.is_dir() else 0o644)
    config = Config(storage=StorageConfig(folder=str(folder)))
    (finding,) = check_file_modes(config)
    assert finding.verdict is Verdict.WORSE
    assert f"{len(modes(folder))} files and folders" in str(finding.sentence)
    async with open_store(folder, time.time):
        found = modes(folder)
        assert found == private(found)
    (finding,) = check_file_modes(config)
    assert finding.verdict is Verdict.GOOD


async def test_foreign_files_in_the_folder_are_unchanged(tmp_path):
    """A home folder keeps its mode, and only the bot's own files change theirs."""
    tmp_path.chmod(0o755)
    (tmp_path / "holiday.jpg").touch()
    await filled(tmp_path)
    found = modes(tmp_path)
    assert found.pop("") == 0o755
    assert found.pop("holiday.jpg") == 0o666
    assert found == private(found)
    assert exposed_files(tmp_path) == []


async def test_a_failed_mode_change_is_logged_only(tmp_path, caplog):
    """Files of another user, or on a file system without modes."""
    (tmp_path / "file").touch()
    paths = [UNCHANGEABLE, tmp_path / "file", tmp_path / "missing"]
    assert close_to_others(paths) == [UNCHANGEABLE]
    assert modes(tmp_path)["file"] == 0o600
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "zhiyin.notes").symlink_to(UNCHANGEABLE)
    with caplog.at_level(logging.WARNING, logger="bot"):
        await filled(tmp_path / "data")
    assert f"store.exposed files=1 such as {tmp_path / 'data' / 'zhiyin.notes'}" in caplog.text


def test_a_file_is_private_before_it_has_content(tmp_path):
    """The file is created with its mode: it is never readable by others."""
    with replace_atomically(tmp_path / "a", private=True) as scratch:
        assert stat.S_IMODE(scratch.stat().st_mode) == 0o600
        scratch.write_text("x")
    assert modes(tmp_path)["a"] == 0o600


def test_files_created_by_libraries_are_private(tmp_path):
    """Whatever mode the library asks for; afterwards the umask is restored."""
    with private_umask():
        (tmp_path / "cache").mkdir()
        (tmp_path / "log").touch()
    (tmp_path / "clip.wav").touch()
    found = modes(tmp_path)
    assert (found["cache"], found["log"], found["clip.wav"]) == (0o700, 0o600, 0o666)


async def test_a_copy_for_inspection_is_private(tmp_path):
    """The doctor's temporary copy, too."""
    await filled(tmp_path / "data")
    copy(tmp_path / "data", tmp_path / "copy.db")
    assert modes(tmp_path)["copy.db"] == 0o600
