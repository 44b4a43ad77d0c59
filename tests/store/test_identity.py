"""Which program a database belongs to: our older ones are signed, others' are left alone."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest

from bot.errors import ConfigError
from bot.store.backup import back_up
from bot.store.database import FILE
from bot.store.identity import SIGNATURE, SIGNED_SINCE
from bot.store.migrations.history import MIGRATIONS
from bot.store.store import open_store
from tests.support.stored_jobs import accepted


def write(folder, *statements):
    """A database as another program, or another version of this one, has left it."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def signature(folder):
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return connection.execute("PRAGMA application_id").fetchone()[0]


def of_version(number):
    """The statements that make a database of a version."""
    statements = (each for migration in MIGRATIONS[:number] for each in migration.statements)
    return [*statements, f"PRAGMA user_version = {number}"]


NOTES = "CREATE TABLE notes (text TEXT)"

FOREIGN = {
    "another program's signature": ["PRAGMA application_id = 252006673", NOTES],
    "another program's signature and nothing else": ["PRAGMA application_id = 252006673"],
    "tables, and no version of ours": [NOTES],
    "tables of the same names, and no version": [*of_version(1), "PRAGMA user_version = 0"],
    "a version, and other tables": [NOTES, "PRAGMA user_version = 2"],
    "a version of its own": [NOTES, "PRAGMA user_version = 1000"],
    "ours as it is now, unsigned": [*of_version(len(MIGRATIONS)), "PRAGMA application_id = 0"],
}


@pytest.mark.parametrize("what", FOREIGN)
async def test_a_foreign_database_is_refused_and_unchanged(tmp_path, what):
    """Not a byte of it changes; the sentence says what to do."""
    write(tmp_path, *FOREIGN[what])
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(ConfigError, match="of another program.*storage.folder"):
        async with open_store(tmp_path, time.time):
            pass
    with pytest.raises(ConfigError, match="of another program"):
        back_up(tmp_path, tmp_path / "copy.db")
    assert (tmp_path / FILE).read_bytes() == before
    assert not (tmp_path / "copy.db").exists()


async def test_a_newer_database_is_refused_and_unchanged(tmp_path):
    """Not a byte of it changes."""
    write(tmp_path, *of_version(len(MIGRATIONS)), f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(ConfigError, match="newer version of Zhiyin"):
        async with open_store(tmp_path, time.time):
            pass
    assert (tmp_path / FILE).read_bytes() == before


@pytest.mark.parametrize("version", range(1, SIGNED_SINCE))
async def test_an_older_database_is_migrated_and_signed(tmp_path, version):
    """With all its data, from every version before the signature."""
    write(tmp_path, *of_version(version), "INSERT INTO facts VALUES ('kept', 'yes')")
    assert signature(tmp_path) == 0
    async with open_store(tmp_path, time.time) as store:
        assert await store.settings.metadata("kept") == "yes"
        await accepted(store)
    assert signature(tmp_path) == SIGNATURE


@pytest.mark.parametrize("there", [False, True])
async def test_a_new_database_is_signed(tmp_path, there):
    """Also if an empty file was there, as a killed bot leaves it."""
    if there:
        (tmp_path / FILE).touch()
    async with open_store(tmp_path, time.time):
        pass
    assert signature(tmp_path) == SIGNATURE
    async with open_store(tmp_path, time.time) as store:
        await accepted(store)
    back_up(tmp_path, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (SIGNATURE,)
