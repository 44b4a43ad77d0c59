"""Migrations: databases of every earlier version open with all that is in them."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing

import pytest

from bot.errors import ConfigError
from bot.store.database import FILE
from bot.store.migrations.history import MIGRATIONS, RECORDED_SINCE
from bot.store.store import open_store
from tests.support.stored_jobs import NOON, Clock, accepted

# The digest of each one's statements.
RELEASED = {
    "first_tables": "79e02969d8911d18",
    "loops_tempo_and_key": "ce8704a5c83136a7",
    "erasure_from_ledger": "9737c8aeaae65e78",
    "signature": "773334b196e58082",
    "forgotten_people": "6d050ef2bdbafc14",
    "stems": "bc185929afc9daf5",
    "applied_migrations": "3f18679e7f580ba0",
    "locale_of_a_job": "01088d0ccebb2caa",
    "indexes_of_big_tables": "6cdd3820df30cfd3",
    "running_totals": "a8fc417bf63f3a9a",
    "attempts_are_lost_workers": "78cf142b8df1c629",
    "wishes_to_be_forgotten": "7eea039ad9647022",
    "untold_endings": "f5386989627ace06",
    "open_answers": "569db35e674dda3a",
    "stars": "9758febb2c9fbcbb",
    "preferences": "13b26c2f388dfa51",
    "names_of_uploads": "729054ff17117f19",
    "battles": "ae604cc2c99e6ba1",
    "manners": "a3c81ae4b57c54d0",
    "clips_of_a_server": "f6b0fc095a010ed4",
    "how_a_mix_was_made": "a48c6063d2daffd8",
    "jams": "130ad694a0bae127",
    "radios": "50d86ed12f23e67b",
    "presets": "1920278249df7811",
    "takes_in_one_message": "7ca1407931b34f61",
    "best_of": "5a0eff27a0025c4e",
    "dailies": "0775073a38bea2fe",
    "live_seconds": "7805fc466d4ee675",
    "private_answers": "5679b144ac713f29",
    "bars_of_a_track": "ad0e1e47d48cedde",
    "chosen_languages": "5239c503d1a75156",
    "withdrawals": "939c96d95fed98fe",
    "radio_of_one_jam": "421732d8482c3caa",
    "clips_as_voice_messages": "f9a9b1bb01de1866",
    "answers_without_expiry": "0a58922aa9d02ac8",
    "interruptions_of_jobs": "b7937958c843ccdc",
}


def digest(migration):
    """Of a migration's statements, whatever their line breaks."""
    text = " ".join(" ".join(statement.split()) for statement in migration.statements)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_version(folder, version):
    """A database as a version has left it: a clip was delivered, and a job waits."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        for migration in MIGRATIONS[:version]:
            for statement in migration.statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")
        for number, state in ((1, "delivered"), (2, "queued")):
            connection.execute(
                "INSERT INTO jobs (key, state, created_at, user_id, channel_id, kind, seconds, "
                "seed, sampling, parent_ids, max_bytes, prompt, message_id) "
                "VALUES (?, ?, 0, 1, 5, 'music', 10, 3, '{}', '[]', 100, 'rock', 7)",
                (str(number), state),
            )
        connection.executemany(
            "INSERT INTO ledger (job_id, user_id, day, entry, seconds, at) "
            "VALUES (?, 1, '1970-01-01', ?, 10, 0)",
            [(1, "reserve"), (1, "commit"), (2, "reserve")],
        )
        connection.execute(
            "INSERT INTO clips (job_id, user_id, channel_id, kind, prompt, seconds, "
            "seconds_before, seed, sampling, model, file, created_at, made_in_seconds) "
            "VALUES (1, 1, 5, 'music', 'rock', 10, 0, 3, '{}', 'starter', '1.flac', 0, 1)"
        )
        connection.execute("UPDATE jobs SET clip_id = 1 WHERE id = 1")
        connection.commit()


def recorded(folder):
    with closing(sqlite3.connect(folder / FILE)) as connection:
        rows = connection.execute("SELECT version, name, applied_at FROM migrations").fetchall()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    assert [row[0] for row in rows] == list(range(1, version + 1))
    assert [row[1] for row in rows] == [migration.name for migration in MIGRATIONS]
    return [row[2] for row in rows]


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
async def test_a_database_of_an_earlier_version_is_migrated(tmp_path, version):
    """Its rows are kept, new columns are empty, and it can be written to."""
    make_version(tmp_path, version)
    async with open_store(tmp_path, lambda: NOON) as store:
        assert await store.check() == []
        (clip,) = await store.clips.of_user(1, 10)
        assert (clip.prompt, clip.file, clip.stems, clip.bpm) == ("rock", "1.flac", (), None)
        (job,) = await store.jobs.unfinished()
        assert (job.order.prompt, job.order.as_loop, job.order.locale) == ("rock", False, None)
        await accepted(store, key="3")
        assert await store.check() == []


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
async def test_migrations_record_their_time(tmp_path, version):
    """When the earlier ones were applied is not known; opening it again records nothing new."""
    make_version(tmp_path, version)
    clock = Clock()
    for _ in range(2):
        async with open_store(tmp_path, clock):
            clock.now += 60
    assert recorded(tmp_path) == [None] * version + [NOON] * (len(MIGRATIONS) - version)


async def test_a_new_database_records_its_time(tmp_path):
    """Each migration is recorded once, with the time."""
    clock = Clock()
    for _ in range(2):
        async with open_store(tmp_path, clock):
            clock.now += 60
    assert recorded(tmp_path) == [NOON] * len(MIGRATIONS)
    assert MIGRATIONS[RECORDED_SINCE - 1].name == "applied_migrations"


async def test_a_failed_migration_is_rolled_back(tmp_path):
    """Tables, number and record of a step are one transaction."""
    make_version(tmp_path, 6)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("ALTER TABLE jobs ADD COLUMN locale TEXT")
        connection.commit()
    with pytest.raises(ConfigError, match="duplicate column"):
        async with open_store(tmp_path, lambda: NOON):
            pass
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (7,)
        assert connection.execute("SELECT MAX(version) FROM migrations").fetchone() == (7,)


def test_a_released_migration_is_never_changed():
    """Databases that have been through it would differ from new ones."""
    assert {each.name: digest(each) for each in MIGRATIONS} == RELEASED
    assert len(RELEASED) == len(MIGRATIONS)


def test_every_migration_has_a_reason_and_they_are_in_order():
    """The history reads from the oldest to the newest, and says why."""
    dates = [each.written_on for each in MIGRATIONS]
    assert dates == sorted(dates)
    assert all(each.reason.endswith(".") for each in MIGRATIONS)
