"""Findings of `zhiyin doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.i18n.sentence import Sentence


class Verdict(StrEnum):
    """The outcome of a check."""

    GOOD = "ok"
    WORSE = "note"
    BAD = "wrong"


VERDICTS = {
    Verdict.GOOD: Sentence("ok"),
    Verdict.WORSE: Sentence("note"),
    Verdict.BAD: Sentence("wrong"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of a check, with a sentence that says what to do."""

    verdict: Verdict
    sentence: Sentence
