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
