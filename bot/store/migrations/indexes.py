"""The indexes of the tables that grow with the years."""

from __future__ import annotations

INDEXES = (
    "CREATE INDEX ledger_by_job ON ledger (job_id)",
    "CREATE INDEX jobs_by_user_and_id ON jobs (user_id, id)",
    "CREATE INDEX jobs_by_guild ON jobs (guild_id, state)",
    "CREATE INDEX jobs_by_token ON jobs (token_expires_at) WHERE token IS NOT NULL",
    """
    CREATE INDEX jobs_by_words ON jobs (created_at)
    WHERE prompt IS NOT NULL OR source IS NOT NULL OR sentence IS NOT NULL
    """,
    "CREATE INDEX clips_by_age ON clips (created_at) WHERE NOT is_deleted",
    "CREATE INDEX clips_by_file ON clips (file) WHERE NOT is_deleted",
    """
    CREATE INDEX clips_by_wait ON clips (created_at)
    WHERE message_id IS NULL AND NOT is_deleted
    """,
    """
    CREATE INDEX clips_by_words ON clips (created_at)
    WHERE is_deleted AND prompt IS NOT NULL
    """,
)
