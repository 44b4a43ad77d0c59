"""Every change that was ever made to the tables, in order.

To change a table add a migration at the end; one that was released is never changed afterwards.
"""

from __future__ import annotations

from datetime import date

from bot.store.migrations.battles import BATTLES
from bot.store.migrations.best_of import BEST_OF
from bot.store.migrations.dailies import DAILIES
from bot.store.migrations.early_history import EARLY
from bot.store.migrations.indexes import INDEXES
from bot.store.migrations.jams import JAMS
from bot.store.migrations.languages import LANGUAGES
from bot.store.migrations.live_seconds import LIVE_SECONDS
from bot.store.migrations.migration import Migration
from bot.store.migrations.moderation import MODERATION
from bot.store.migrations.open_answers import OPEN_ANSWERS
from bot.store.migrations.preferences import AS_VOICE, PREFERENCES, PRIVATE_ANSWERS
from bot.store.migrations.presets import PRESETS
from bot.store.migrations.radio_of_one_jam import RADIO_OF_ONE_JAM
from bot.store.migrations.radios import RADIOS
from bot.store.migrations.running_totals import RUNNING_TOTALS
from bot.store.migrations.stars import STARS
from bot.store.migrations.takes import TAKES
from bot.store.migrations.withdrawals import WITHDRAWALS

MIGRATIONS = (
    *EARLY,
    Migration(
        "stems",
        date(2026, 11, 28),
        "A clip knows the stems that it can be split into.",
        ("ALTER TABLE clips ADD COLUMN stems TEXT NOT NULL DEFAULT '[]'",),
    ),
    Migration(
        "applied_migrations",
        date(2026, 11, 28),
        "The database tells which migrations it has been through, and when.",
        (
            """
            CREATE TABLE migrations (
                version INTEGER PRIMARY KEY,
                name TEXT NOT NULL,
                applied_at REAL
            )
            """,
        ),
    ),
    Migration(
        "locale_of_a_job",
        date(2026, 11, 28),
        "A job's messages are written in the language that it was ordered in.",
        ("ALTER TABLE jobs ADD COLUMN locale TEXT",),
    ),
    Migration(
        "indexes_of_big_tables",
        date(2026, 11, 28),
        "No statement reads a whole table that grows with the years, nor does the check of a "
        "foreign key when a job is deleted.",
        INDEXES,
    ),
    Migration(
        "running_totals",
        date(2026, 11, 28),
        "The metrics count jobs and sum the ledger at each scrape, which took longer each year.",
        RUNNING_TOTALS,
    ),
    Migration(
        "attempts_are_lost_workers",
        date(2026, 11, 28),
        "A job's attempts are the workers that died with it; runs were counted when they began.",
        ("UPDATE jobs SET attempts = MAX(0, attempts - 1) WHERE state = 'running'",),
    ),
    Migration(
        "wishes_to_be_forgotten",
        date(2026, 11, 28),
        "A wish to be forgotten is written down first and carried out in pieces, since nobody else "
        "was answered while a person with many orders was forgotten.",
        ("ALTER TABLE forgotten ADD COLUMN is_pending INTEGER NOT NULL DEFAULT 0",),
    ),
    Migration(
        "untold_endings",
        date(2026, 11, 28),
        "A start tells people how their jobs ended where nothing could be told when they did.",
        (
            "ALTER TABLE jobs ADD COLUMN untold INTEGER NOT NULL DEFAULT 0",
            "CREATE INDEX jobs_untold ON jobs (id) WHERE untold",
        ),
    ),
    Migration(
        "open_answers",
        date(2026, 11, 28),
        "Answers that promise something are written down before they are shown, so that none of "
        "them hangs for ever when the bot ends before a job stands behind it.",
        OPEN_ANSWERS,
    ),
    Migration(
        "stars",
        date(2026, 11, 28),
        "People star clips, and see which of a server's have the most stars.",
        STARS,
    ),
    Migration(
        "preferences",
        date(2026, 11, 28),
        "People set how long their clips are, and whether they are called when one is ready.",
        PREFERENCES,
    ),
    Migration(
        "names_of_uploads",
        date(2026, 11, 28),
        "The card of what was made from a file names the file.",
        ("ALTER TABLE clips ADD COLUMN upload_name TEXT",),
    ),
    Migration(
        "battles",
        date(2026, 11, 28),
        "People make clips from the same words or of the same clip, and everybody votes.",
        BATTLES,
    ),
    Migration(
        "manners",
        date(2026, 11, 28),
        "Managers list words that are not wanted, say who may send sounds and how fast one orders, "
        "and are told what people report.",
        MODERATION,
    ),
    Migration(
        "how_a_mix_was_made",
        date(2026, 11, 28),
        "The card of a mix tells which clip led and what was done to the other one.",
        ("ALTER TABLE clips ADD COLUMN mixed TEXT",),
    ),
    Migration(
        "clips_of_a_server",
        date(2026, 11, 28),
        "A server's latest clips are listed while somebody types, to be mixed with another.",
        ("CREATE INDEX clips_by_guild ON clips (guild_id, id)",),
    ),
    Migration(
        "jams",
        date(2026, 11, 28),
        "People make one piece of music together, turn by turn.",
        JAMS,
    ),
    Migration(
        "radios",
        date(2026, 11, 28),
        "A radio comes back where it was playing after a restart.",
        RADIOS,
    ),
    Migration(
        "presets",
        date(2026, 11, 28),
        "People and servers give words and settings a name.",
        PRESETS,
    ),
    Migration(
        "takes_in_one_message",
        date(2026, 11, 28),
        "The takes of an order are shown in one message; each stays a job and a clip of its own.",
        TAKES,
    ),
    Migration(
        "best_of",
        date(2026, 11, 28),
        "A server collects the clips with the most stars in a channel.",
        BEST_OF,
    ),
    Migration(
        "dailies",
        date(2026, 11, 28),
        "A server is given a prompt each day, and its clips are known.",
        DAILIES,
    ),
    Migration(
        "live_seconds",
        date(2026, 11, 28),
        "What a server may hear live in a day is counted, and a restart forgets nothing of it.",
        LIVE_SECONDS,
    ),
    Migration(
        "private_answers",
        date(2026, 11, 28),
        "People have clips that they alone see, until they post them.",
        PRIVATE_ANSWERS,
    ),
    Migration(
        "bars_of_a_track",
        date(2026, 11, 28),
        "The track of a jam keeps its bars, so that each turn joins it on one.",
        ("ALTER TABLE clips ADD COLUMN grid TEXT",),
    ),
    Migration(
        "chosen_languages",
        date(2026, 11, 28),
        "People and servers choose a language, where it is not the one that Discord says.",
        LANGUAGES,
    ),
    Migration(
        "withdrawals",
        date(2026, 11, 28),
        "What shows a deleted clip is written down with the deletion, so that a kill leaves no "
        "sound in a message.",
        WITHDRAWALS,
    ),
    Migration(
        "radio_of_one_jam",
        date(2026, 11, 28),
        "A radio plays one jam, which is chosen from a server's latest ones.",
        RADIO_OF_ONE_JAM,
    ),
    Migration(
        "clips_as_voice_messages",
        date(2026, 11, 28),
        "People have their clips as voice messages, too.",
        AS_VOICE,
    ),
    Migration(
        "answers_without_expiry",
        date(2026, 11, 29),
        "Whether the token of an open answer has expired is for Discord to say: the clock here may "
        "have been wrong.",
        ("ALTER TABLE open_answers DROP COLUMN token_expires_at",),
    ),
    Migration(
        "interruptions_of_jobs",
        date(2026, 11, 30),
        "A job at which the bot's process ends again and again is given up.",
        ("ALTER TABLE jobs ADD COLUMN interruptions INTEGER NOT NULL DEFAULT 0",),
    ),
)

RECORDED_SINCE = 1 + next(
    index for index, each in enumerate(MIGRATIONS) if each.name == "applied_migrations"
)
"""The first version that has a table of the migrations."""
