"""A database as years of use leave it: clips, jobs, a ledger, stars and people, from a seed.

Rows are written in batches through the bot's tables and triggers, so that its invariants hold.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.generation import Sampling
from bot.store.database import FILE
from bot.store.migrations.history import MIGRATIONS
from bot.store.rows import sampling_json
from bot.store.store_files import CLIPS

YEARS = 3
DAY_SECONDS = 86_400.0
WORDS = (
    "rock", "lo-fi", "piano", "techno", "slow", "jazz", "funk", "ambient", "90s", "guitar",
    "strings", "drums", "choir", "flute", "bass", "dub", "waltz", "harp", "synth", "brass",
)  # fmt: skip
FIRST_PERSON, FIRST_GUILD, FIRST_MESSAGE = 10**9, 10**6, 10**12
BUSIEST_PERSON, BUSIEST_GUILD = FIRST_PERSON, FIRST_GUILD
MOST_STARS_PERSON = FIRST_PERSON - 1
AT_ONCE = 5000


@dataclass(frozen=True)
class Amounts:
    """How many rows there are; `busiest` clips are of one person, `stars_of_one` of another."""

    clips: int = 200_000
    entries: int = 1_000_000
    people: int = 50_000
    guilds: int = 500
    busiest: int = 20_000
    stars: int = 100_000
    stars_of_one: int = 10_000

    @property
    def jobs(self) -> int:
        """Each job has two entries: the reservation, and its commit or refund."""
        return self.entries // 2


def make_tables(folder: Path, version: int) -> None:
    """Create the tables as they were after so many migrations."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CLIPS).mkdir()
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for migration in MIGRATIONS[:version]:
            for statement in migration.statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")


def fill(folder: Path, amounts: Amounts, seed: int, now: float) -> None:
    """Fill the database in a folder, which has its tables, and create the clips' files."""
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        for begin in range(1, amounts.jobs + 1, AT_ONCE):
            rows = list(_rows(amounts, seed, now, begin, min(begin + AT_ONCE, amounts.jobs + 1)))
            connection.execute("BEGIN")
            _insert(connection, "jobs", [job for job, _, _ in rows])
            _insert(connection, "ledger", [entry for _, entries, _ in rows for entry in entries])
            _insert(connection, "clips", [clip for _, _, clip in rows if clip])
            connection.execute("COMMIT")
        connection.execute("BEGIN")
        _insert(connection, "clip_parents", list(_parents(amounts, seed)))
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'stars'").fetchone():
            _insert(connection, "stars", list(_stars(amounts, seed, now)))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for number in range(1, amounts.clips + 1):
        (folder / CLIPS / f"{number}.flac").touch()


def _insert(connection: sqlite3.Connection, table: str, rows: list[dict[str, object]]) -> None:
    if rows:
        columns = ", ".join(rows[0])
        marks = ", ".join(f":{name}" for name in rows[0])
        connection.executemany(
            f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})",
            rows,
        )


def _rows(
    amounts: Amounts, seed: int, now: float, begin: int, end: int
) -> Iterator[tuple[dict[str, object], list[dict[str, object]], dict[str, object] | None]]:
    """Yield jobs with their entries of the ledger and, if delivered, their clips."""
    dice = random.Random(f"{seed}/{begin}")
    span = YEARS * 365 * DAY_SECONDS
    sampling = sampling_json(Sampling())
    for job_id in range(begin, end):
        # Clips are spread evenly over the jobs, so that both grow with time.
        clip_id = job_id * amounts.clips // amounts.jobs
        is_clip = clip_id > (job_id - 1) * amounts.clips // amounts.jobs
        at = now - span * (1 - job_id / (amounts.jobs + 1))
        person, guild = _whose(amounts, dice, clip_id if is_clip else None)
        day = datetime.fromtimestamp(at, UTC).date().isoformat()
        seconds = float(dice.randint(3, 30))
        state = "delivered" if is_clip else dice.choice(("failed", "cancelled"))
        about: dict[str, object] = {
            "user_id": person,
            "guild_id": guild,
            "channel_id": guild * 10 + dice.randrange(5),
            "kind": "music",
            "prompt": " ".join(dice.sample(WORDS, 4)),
            "seconds": seconds,
            "seed": dice.randrange(2**31),
            "sampling": sampling,
            "created_at": at,
            "message_id": FIRST_MESSAGE + job_id if is_clip else None,
        }
        job = about | {
            "id": job_id,
            "key": f"y{job_id}",
            "state": state,
            "parent_ids": "[]",
            "clip_id": clip_id if is_clip else None,
            "sentence": None if is_clip else json.dumps({"template": "x", "values": {}}),
            "max_bytes": 10**7,
        }
        entry: dict[str, object] = {
            "job_id": job_id,
            "user_id": person,
            "guild_id": guild,
            "day": day,
            "seconds": seconds,
            "at": at,
        }
        settled = "commit" if is_clip else "refund"
        entries = [entry | {"entry": "reserve"}, entry | {"entry": settled}]
        clip = about | {
            "id": clip_id,
            "job_id": job_id,
            "seconds_before": 0.0,
            "model": "starter",
            "file": f"{clip_id}.flac",
            "made_in_seconds": 5.0,
        }
        yield job, entries, clip if is_clip else None


def _whose(amounts: Amounts, dice: random.Random, clip_id: int | None) -> tuple[int, int]:
    """Draw a person and their server: one person has very many clips, one server a quarter."""
    every = max(1, amounts.clips // amounts.busiest)
    if clip_id is not None and clip_id % every == 0:
        return BUSIEST_PERSON, BUSIEST_GUILD
    # A few people make most of the clips.
    number = 1 + int((amounts.people - 1) * dice.random() ** 3)
    guild = 0 if number % 4 == 0 else 1 + number % (amounts.guilds - 1)
    return FIRST_PERSON + number, FIRST_GUILD + guild


def _parents(amounts: Amounts, seed: int) -> Iterator[dict[str, object]]:
    """Yield the parent of every fifth clip."""
    dice = random.Random(f"{seed}/parents")
    for clip_id in range(10, amounts.clips + 1, 5):
        yield {"clip_id": clip_id, "parent_id": dice.randrange(max(1, clip_id - 500), clip_id)}


def _stars(amounts: Amounts, seed: int, now: float) -> Iterator[dict[str, object]]:
    dice = random.Random(f"{seed}/stars")
    for index in range(amounts.stars + amounts.stars_of_one):
        is_of_one = index >= amounts.stars
        number = -1 if is_of_one else int((amounts.people - 1) * dice.random() ** 3)
        clip_id = dice.randint(1, amounts.clips)
        yield {
            "clip_id": clip_id,
            "user_id": FIRST_PERSON + number,
            "guild_id": FIRST_GUILD if number % 4 == 0 else FIRST_GUILD + 1,
            "starred_at": now - YEARS * 365 * DAY_SECONDS * (1 - clip_id / (amounts.clips + 1)),
        }
