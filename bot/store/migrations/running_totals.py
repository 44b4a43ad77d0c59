"""Counts of jobs and sums of the ledger that the database keeps as it goes."""

from __future__ import annotations

RUNNING_TOTALS = (
    """
    CREATE TABLE counted_jobs (state TEXT PRIMARY KEY, jobs INTEGER NOT NULL)
    WITHOUT ROWID
    """,
    "INSERT INTO counted_jobs SELECT state, COUNT(*) FROM jobs GROUP BY state",
    """
    CREATE TRIGGER new_jobs_are_counted AFTER INSERT ON jobs BEGIN
        INSERT INTO counted_jobs VALUES (NEW.state, 1)
        ON CONFLICT (state) DO UPDATE SET jobs = jobs + 1;
    END
    """,
    """
    CREATE TRIGGER changed_jobs_are_counted AFTER UPDATE OF state ON jobs
    WHEN OLD.state != NEW.state BEGIN
        UPDATE counted_jobs SET jobs = jobs - 1 WHERE state = OLD.state;
        INSERT INTO counted_jobs VALUES (NEW.state, 1)
        ON CONFLICT (state) DO UPDATE SET jobs = jobs + 1;
    END
    """,
    """
    CREATE TRIGGER deleted_jobs_are_counted AFTER DELETE ON jobs BEGIN
        UPDATE counted_jobs SET jobs = jobs - 1 WHERE state = OLD.state;
    END
    """,
    """
    CREATE TABLE summed_seconds (
        entry TEXT PRIMARY KEY,
        seconds REAL NOT NULL,
        deleted_seconds REAL NOT NULL
    ) WITHOUT ROWID
    """,
    """
    INSERT INTO summed_seconds
    VALUES ('reserve', 0, 0), ('commit', 0, 0), ('refund', 0, 0), ('reset', 0, 0)
    """,
    """
    INSERT OR REPLACE INTO summed_seconds
    SELECT entry, SUM(seconds), 0 FROM ledger GROUP BY entry
    """,
    """
    CREATE TRIGGER new_seconds_are_summed AFTER INSERT ON ledger BEGIN
        UPDATE summed_seconds SET seconds = seconds + NEW.seconds WHERE entry = NEW.entry;
    END
    """,
    """
    CREATE TRIGGER deleted_seconds_are_summed AFTER DELETE ON ledger BEGIN
        UPDATE summed_seconds SET deleted_seconds = deleted_seconds + OLD.seconds
        WHERE entry = OLD.entry;
    END
    """,
)
