"""The first changes of the tables: see `history.py`, which goes on with them."""

from __future__ import annotations

from datetime import date

from bot.store.identity import SIGNATURE
from bot.store.migrations.first_tables import FIRST_TABLES
from bot.store.migrations.forgotten_people import FORGOTTEN_PEOPLE
from bot.store.migrations.migration import Migration

EARLY = (
    Migration(
        "first_tables",
        date(2026, 11, 25),
        "Jobs, clips, the ledger of quotas and the settings of servers.",
        FIRST_TABLES,
    ),
    Migration(
        "loops_tempo_and_key",
        date(2026, 11, 25),
        "A clip can be cut as a loop, and its tempo and key are shown.",
        (
            "ALTER TABLE jobs ADD COLUMN as_loop INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE clips ADD COLUMN bpm REAL",
            "ALTER TABLE clips ADD COLUMN key TEXT",
            "ALTER TABLE clips ADD COLUMN loops INTEGER NOT NULL DEFAULT 0",
        ),
    ),
    Migration(
        "erasure_from_ledger",
        date(2026, 11, 25),
        "The entries of a person who asks to be forgotten, and no others, can be deleted.",
        (
            "DROP TRIGGER ledger_is_whole",
            """
            CREATE TRIGGER ledger_is_whole BEFORE DELETE ON ledger
            WHEN NOT EXISTS (
                SELECT 1 FROM facts
                WHERE name = 'forgetting' AND value = CAST(OLD.user_id AS TEXT))
            BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END
            """,
        ),
    ),
    Migration(
        "signature",
        date(2026, 11, 26),
        "Databases of other programs are told apart by their application_id and left alone.",
        (f"PRAGMA application_id = {SIGNATURE}",),
    ),
    Migration(
        "forgotten_people",
        date(2026, 11, 26),
        "What a wish to be forgotten covers is kept by ids, which only grow: by the clock, a job "
        "ordered after the wish could seem to be older.",
        FORGOTTEN_PEOPLE,
    ),
)
