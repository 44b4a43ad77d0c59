"""The channel in which a server collects its best clips, and what was posted there.

Triggers record that a clip is to be posted, or its post changed, with the star that says so.
"""

from __future__ import annotations

BEST_OF = (
    """
    CREATE TABLE best_of (
        guild_id INTEGER PRIMARY KEY,
        channel_id INTEGER NOT NULL,
        stars INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE best_of_posts (
        clip_id INTEGER PRIMARY KEY,
        guild_id INTEGER NOT NULL,
        channel_id INTEGER NOT NULL,
        message_id INTEGER,
        is_due INTEGER NOT NULL DEFAULT 1
    )
    """,
    "CREATE INDEX best_of_posts_due ON best_of_posts (clip_id) WHERE is_due",
    """
    CREATE TRIGGER clip_reaches_best_of AFTER UPDATE OF stars ON clips
    WHEN NEW.stars > OLD.stars AND NOT NEW.is_deleted BEGIN
        INSERT OR IGNORE INTO best_of_posts (clip_id, guild_id, channel_id)
        SELECT NEW.id, guild_id, channel_id FROM best_of
        WHERE guild_id = NEW.guild_id AND stars <= NEW.stars;
    END
    """,
    """
    CREATE TRIGGER best_of_changes AFTER UPDATE OF stars, is_deleted ON clips
    WHEN NEW.stars != OLD.stars OR NEW.is_deleted != OLD.is_deleted BEGIN
        UPDATE best_of_posts SET is_due = 1 WHERE clip_id = NEW.id;
    END
    """,
    """
    CREATE TRIGGER best_of_loses_clip AFTER DELETE ON clips BEGIN
        UPDATE best_of_posts SET is_due = 1 WHERE clip_id = OLD.id;
    END
    """,
)
