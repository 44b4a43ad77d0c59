"""Sentences for people whose job ended without a clip."""

from __future__ import annotations

from bot.i18n.sentence import Sentence

UNEXPECTED = Sentence(
    "Something went wrong here and this clip could not be made. Nothing was charged."
)
UNDELIVERABLE = Sentence("The clip could not be posted here. Nothing was charged.")
HELD = Sentence(
    "The clip is ready but could not be posted here. `/history` keeps it for a day, for free."
)
WORKER_LOST = Sentence(
    "The music engine stopped twice while making this clip, so I gave up. Nothing was charged."
)
INTERRUPTED = Sentence(
    "The bot stopped several times while making this clip, so I gave up. Nothing was charged."
)
BLOCKED_MEANWHILE = Sentence("You can't make music here any more. Nothing was charged.")
