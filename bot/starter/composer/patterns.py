"""Patterns of accompaniment: chosen from a style, and changed a little."""

import random as randomness
from collections.abc import Sequence

from bot.starter.composer import rhythms
from bot.starter.composer.accompaniment import draw_arpeggio, draw_riff
from bot.starter.composer.moods import Mood
from bot.starter.composer.step_patterns import bars_of
from bot.starter.composer.style import Comp, Style

_WALKS = (
    "R--3--5--A--", "R--5--7--A--", "R--3--5--6--", "8--7--5--A--", "R--5--3--A--", "R--8--7--5--",
    "R--3--5--7--", "R--5--R--A--", "8--5--3--A--", "R--R--3--5--", "R--3--5-3A--", "R-RR--5--A-A",
    "3--5--7--A--", "R--7--5--3--",
)  # fmt: skip
# How much likelier a second line is, by activity.
_SECOND_LINES = {-1: 0.7, 0: 1.0, 1: 1.3}
# Notes a bar of what is not written out.
_NAMED_BUSYNESS = {"hold": 1, "counter": 3, "walk": 4, "riff": 6, "arp8": 8, "arp16": 16}
_RIFFS_STRAIGHT = ("riff", "stab", "sync", "call")


def _choose_by_activity(choices: Sequence[str], activity: int, random: randomness.Random) -> str:
    """Choose a pattern: of two that are drawn the busier one, or the calmer one, or any."""
    drawn = random.choice(choices)
    if not activity:
        return drawn
    return max(drawn, random.choice(choices), key=lambda pattern: activity * _busyness(pattern))


def _busyness(pattern: str) -> float:
    """Return how many notes a bar of a pattern has."""
    if pattern in _NAMED_BUSYNESS:
        return _NAMED_BUSYNESS[pattern]
    bars = bars_of(pattern)
    return sum(sign not in ".-" for bar in bars for sign in bar) / len(bars)


def is_held(pattern: Sequence[str]) -> bool:
    """Say whether a pattern lets its chords sound."""
    return all(bar.count("-") >= len(bar) * 0.8 for bar in pattern)


def draw_pattern(
    comp: Comp, style: Style, mood: Mood, steps: int, random: randomness.Random
) -> tuple[str, ...]:
    """Choose how chords are played."""
    pattern = _choose_by_activity(comp.patterns, mood.activity, random)
    if mood.is_long and random.random() < 0.4 and "C" in pattern:
        pattern = "hold"
    bars = _expanded(pattern, style, steps, random)
    if any(sign in "Pp" for sign in "".join(bars)):
        symbols = "Pp"
    elif any(sign in "Cc" for sign in "".join(bars)):
        symbols = "cC"
    else:
        return bars
    if pattern == "hold":
        return bars
    first = bars[0]
    for _ in range(random.choice((0, 1, 1, 2))):
        first = rhythms.varied(first, symbols, style.division, random)
    second = bars[1] if len(bars) > 1 else first
    if random.random() < 0.4:
        second = rhythms.varied(second, symbols, style.division, random)
    if mood.activity < 0 and random.random() < 0.4:
        # The second bar holds what the first has begun.
        second = first[: steps // 2] + "-" * (steps - steps // 2)
    return (first, second) if second != first else (first,)


def _expanded(pattern: str, style: Style, steps: int, random: randomness.Random) -> tuple[str, ...]:
    if pattern == "hold":
        return ("C" + "-" * (steps - 1),)
    if pattern in ("arp8", "arp16"):
        return (draw_arpeggio(steps, style.division, pattern == "arp16", random),)
    cells = rhythms.STRAIGHT if style.division == 4 else rhythms.SWUNG
    if pattern == "riff":
        feel = random.choice(_RIFFS_STRAIGHT if style.division == 4 else ("swing", "call"))
        drawn = rhythms.draw_bar(cells[feel], style.beats_per_bar, style.division, random)
        if "x" not in drawn:
            drawn = "x" + drawn[1:]
        return (draw_riff(drawn, random),)
    if pattern == "counter":
        lines = [
            rhythms.draw_bar(cells["long"], style.beats_per_bar, style.division, random)
            for _ in range(2)
        ]
        return tuple(draw_riff("x" + bar[1:], random) for bar in lines)
    return bars_of(pattern)


def draw_second(
    style: Style, taken: str, mood: Mood, steps: int, random: randomness.Random
) -> tuple[tuple[str, ...] | None, str]:
    """Choose a second line and its instrument; none, at times."""
    chance = style.second_chance * _SECOND_LINES[mood.activity]
    if not style.seconds or random.random() >= chance:
        return None, taken
    comp = random.choice(style.seconds)
    instrument = random.choice(comp.instruments)
    if instrument == taken and len(comp.instruments) > 1:
        instrument = next(name for name in comp.instruments if name != taken)
    pattern = _choose_by_activity(comp.patterns, mood.activity, random)
    return _expanded(pattern, style, steps, random), instrument


def draw_bass(style: Style, mood: Mood, random: randomness.Random) -> tuple[str, ...]:
    """Choose a bass line of one bar or more."""
    pattern = _choose_by_activity(style.bass_lines, mood.activity, random)
    if pattern == "walk":
        count = random.choice((2, 4, 4, 8))
        return tuple(random.choice(_WALKS) for _ in range(count))
    bars = bars_of(pattern)
    symbols = "".join(sorted({sign for bar in bars for sign in bar} - set(".-A"))) + "R5"
    first = bars[0]
    for _ in range(random.choice((0, 1, 1, 2))):
        first = rhythms.varied(first, symbols, style.division, random)
    if mood.activity < 0 and first.count(".") + first.count("-") < len(first) / 2:
        first = "".join(
            "-" if index % 2 and sign not in ".-" else sign for index, sign in enumerate(first)
        )
    second = bars[1] if len(bars) > 1 else first
    if random.random() < 0.6:
        second = rhythms.varied(second, symbols, style.division, random)
    return (first, second) if second != first else (first,)
