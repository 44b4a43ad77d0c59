"""Whether a mood word in a prompt changes what it names: the same prompt and seeds without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.starter.evaluation.clips import Clip
from bot.starter.evaluation.held_out_prompts import Prompt, PromptSpec, word_prompt
from bot.starter.evaluation.report_section import Row, Section, Share

MOVES: Mapping[str, Mapping[str, int]] = {
    "energetic": {"pace": 1},
    "calm": {"pace": -1},
    "dark": {"minor": 1, "bright": -1},
    "happy": {"minor": -1, "bright": 1},
    "sad": {"minor": 1, "pace": -1},
    "aggressive": {"pace": 1, "bright": 1},
}
"""What each mood moves, and in which direction."""

_STYLES = ("rock", "house", "folk", "funk", "80s pop", "lo-fi")


@dataclass(frozen=True, slots=True)
class Pair:
    """A prompt without and with a mood."""

    mood: str
    plain: Prompt
    moody: Prompt


def pairs(styles: Sequence[str], count: int) -> list[Pair]:
    """Return so many pairs of prompts, moods in turn; every third is Chinese."""
    own = [style for style in _STYLES if style in styles] or list(styles)
    found = []
    for number in range(count):
        mood = list(MOVES)[number % len(MOVES)]
        ask = PromptSpec(style=own[(number + number // len(MOVES)) % len(own)])
        is_chinese = number % 3 == 2
        plain = word_prompt(ask, number, is_chinese=is_chinese)
        moody = word_prompt(replace(ask, mood=mood), number, is_chinese=is_chinese)
        found.append(Pair(mood, plain, moody))
    return found


Taken = Sequence[tuple[Pair, Sequence[Clip], Sequence[Clip]]]
"""Pairs with the clips of each, without and with the mood."""


def build_section(groups: Mapping[str, Taken]) -> Section:
    """Count the pairs in which the mood moves what it names in its direction."""
    moved = {
        name: [(pair.mood, _moved(pair.mood, plain, moody)) for pair, plain, moody in taken]
        for name, taken in groups.items()
    }
    rows = [
        Row(
            "mood words that move what they name",
            "≥ 80 %",
            {name: Share.where(by > 0 for _, by in each) for name, each in moved.items()},
        )
    ]
    for mood, directions in MOVES.items():
        named = ", ".join(f"{name} {'+' if sign > 0 else '−'}" for name, sign in directions.items())
        rows.append(
            Row(
                f"{mood} ({named})",
                "",
                {
                    name: Share.where(by > 0 for own, by in each if own == mood)
                    for name, each in moved.items()
                },
            )
        )
    note = (
        "Means over the takes of each prompt. Pace: onsets a second; minor: how much better the "
        "best minor key fits than the best major one; bright: the level of the upper half of the "
        "bands. Where a word names two things, their sum counts, in deviations."
    )
    return Section.compared("Mood words", rows, note)


# What one deviation is, among renders: it weighs one figure against another.
_DEVIATIONS = {"pace": 1.5, "minor": 0.15, "bright": 6.0}


def _moved(mood: str, plain: Sequence[Clip], moody: Sequence[Clip]) -> float:
    before, after = (_figures(clips) for clips in (plain, moody))
    return sum(
        sign * (after[name] - before[name]) / _DEVIATIONS[name]
        for name, sign in MOVES[mood].items()
    )


def _figures(clips: Sequence[Clip]) -> dict[str, float]:
    return {
        "pace": float(np.mean([clip.sane.onsets_per_second for clip in clips])),
        "minor": float(np.mean([clip.minor for clip in clips])),
        "bright": float(np.mean([clip.bright_db for clip in clips])),
    }
