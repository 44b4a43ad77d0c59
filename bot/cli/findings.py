"""What `zhiyin doctor` finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.i18n.sentence import Sentence


class Verdict(StrEnum):
    """How a check came out."""

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
    """What a check found, in a sentence that says what to do."""

    verdict: Verdict
    sentence: Sentence
