"""A description of how a mix was made."""

from __future__ import annotations

from bot.domain.mixes import Mixed
from bot.i18n.sentence import Plural, Sentence

_LEAST_PERCENT = 0.05


def mix_of(mixed: Mixed, lead: Sentence, other: Sentence) -> Sentence:
    """Return which clips were mixed, and how the following one was changed."""
    change = _change(mixed)
    if not mixed.on_the_beat:
        if change is None:
            return Sentence(
                "a mix of {lead} and {other}, which have no beat in common", lead=lead, other=other
            )
        return Sentence(
            "a mix of {lead} and {other}, which have no beat in common; the latter {change}",
            lead=lead,
            other=other,
            change=change,
        )
    if change is None:
        return Sentence("a mix of {lead} and {other}, both as they were", lead=lead, other=other)
    return Sentence(
        "a mix of {lead} and {other}, the latter {change}", lead=lead, other=other, change=change
    )


def _change(mixed: Mixed) -> Sentence | None:
    """Return how the following clip was changed; None if it was not."""
    pace, pitch = _pace(mixed), _pitch(mixed)
    if pace is not None and pitch is not None:
        return Sentence("{pace} and {pitch}", pace=pace, pitch=pitch)
    return pace or pitch


def _pace(mixed: Mixed) -> Sentence | None:
    percent = 100 * (mixed.time_factor - 1)
    if abs(percent) < _LEAST_PERCENT:
        return None
    if percent > 0:
        return Sentence("{percent:.1f} % faster", percent=percent)
    return Sentence("{percent:.1f} % slower", percent=-percent)


def _pitch(mixed: Mixed) -> Sentence | None:
    if mixed.semitones > 0:
        return Plural("{n} semitone higher", "{n} semitones higher", n=mixed.semitones)
    if mixed.semitones < 0:
        return Plural("{n} semitone lower", "{n} semitones lower", n=-mixed.semitones)
    return None
