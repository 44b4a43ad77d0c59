"""The stars that people give to clips, counted at the clip as they come and go."""

from __future__ import annotations

STARS = (
    """
    CREATE TABLE stars (
        clip_id INTEGER NOT NULL REFERENCES clips (id),
        user_id INTEGER NOT NULL,
        guild_id INTEGER NOT NULL,
        starred_at REAL NOT NULL,
        PRIMARY KEY (clip_id, user_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX stars_by_user ON stars (user_id, starred_at)",
    "CREATE INDEX stars_by_guild ON stars (guild_id, starred_at)",
    "ALTER TABLE clips ADD COLUMN stars INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX clips_by_stars ON clips (guild_id, stars, id) WHERE stars > 0 AND NOT is_deleted",
    # One's own star is a bookmark and counts for nothing.
    """
    CREATE TRIGGER star_given AFTER INSERT ON stars BEGIN
        UPDATE clips SET stars = stars + 1 WHERE id = NEW.clip_id AND user_id != NEW.user_id;
    END
    """,
    """
    CREATE TRIGGER star_taken_back AFTER DELETE ON stars BEGIN
        UPDATE clips SET stars = stars - 1 WHERE id = OLD.clip_id AND user_id != OLD.user_id;
    END
    """,
)
