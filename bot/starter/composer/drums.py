"""Drum parts: grooves put together from lanes, fills, and cymbals at section starts."""

import random as randomness

from bot.starter.composer.piece import Density
from bot.starter.composer.style import Style

DRUMS = {
    "K": 36, "S": 38, "E": 40, "H": 42, "O": 46, "R": 51, "C": 57, "T": 45, "P": 39, "X": 37,
    "V": 75, "G": 63, "L": 64, "U": 62, "W": 56, "Z": 70, "J": 54, "D": 44, "N": 48, "F": 41,
    "A": 49,
}  # fmt: skip
"""The General MIDI drums by the letters of grooves."""

# One loudness a drum, so that a stroke is one sound; and one of all ghost strokes.
_VELOCITIES = {"H": 76, "O": 74, "R": 80, "C": 76, "Z": 72, "J": 80, "W": 74, "D": 80, "A": 90,
               "K": 112, "S": 108, "E": 108, "P": 104}  # fmt: skip
_FULL_VELOCITY = 96
_GHOST_VELOCITY = 48
_CYMBALS = "HORCDZJ"
_MOST_AT_ONCE = 3
_EXTRA_CHANCE, _SHAPED_HAT_CHANCE, _OPEN_HAT_CHANCE = 0.4, 0.35, 0.3

Stroke = tuple[int, str, bool]
"""The step, the drum's letter, and whether it is a ghost."""


def velocity_of(letter: str, is_ghost: bool) -> int:
    """Return how hard a drum is struck."""
    return _GHOST_VELOCITY if is_ghost else _VELOCITIES.get(letter, _FULL_VELOCITY)


def draw_groove(
    style: Style, density: Density, random: randomness.Random
) -> tuple[list[Stroke], list[Stroke]]:
    """Put two bars of a groove together: the second answers the first."""
    lanes: list[tuple[str, str]] = []
    for lane in random.choice(style.grooves[density]).split(";"):
        if lane[0] == "?":
            if random.random() < 0.5:
                continue
            lane = lane[1:]
        letter, bars = lane.split()
        lanes.append((letter, random.choice(bars.split("|"))))
    if style.extras and density in ("steady", "dense") and random.random() < _EXTRA_CHANCE:
        letter, bar = random.choice(style.extras).split()
        if all(letter != known for known, _ in lanes):
            lanes.append((letter, bar))
    backbeat = next((bar for letter, bar in lanes if letter in "SEPX"), "")
    kick_freedom = style.kick_freedom if "K" in dict(lanes) else 0
    first = []
    for letter, bar in lanes:
        if letter == "K" and kick_freedom:
            for _ in range(random.choice((0, 0, 1, 1, 2))):
                bar = _moved_kick(bar, backbeat, kick_freedom, random)
        elif letter == "S" and style.has_ghosts and density != "light":
            bar = _with_ghosts(bar, random)
        elif letter == "H" and "o" not in bar and random.random() < _SHAPED_HAT_CHANCE:
            bar = _shaped_hat(bar, style.division, random)
        first.append((letter, bar))
    second = []
    answers = random.random() < 0.6
    for letter, bar in first:
        if letter == "K" and answers and kick_freedom:
            bar = _moved_kick(bar, backbeat, kick_freedom, random)
        second.append((letter, bar))
    played = _strokes(first), _strokes(second)
    if style.division == 4 and "H" in dict(first) and random.random() < _OPEN_HAT_CHANCE:
        # The hi-hat opens before the next bar, as drummers do.
        step = random.choice((2, 6, 10, 14)) if random.random() < 0.3 else len(first[0][1]) - 2
        which = random.choice((0, 1))
        opened_bar = [
            (at, "O" if letter == "H" and at == step else letter, ghost)
            for at, letter, ghost in played[1]
        ]
        return (opened_bar, opened_bar) if which else (played[0], opened_bar)
    return played


def _shaped_hat(bar: str, division: int, random: randomness.Random) -> str:
    """Return the lane of a hi-hat with soft strokes, or with a gap."""
    if random.random() < 0.6:
        every = 2 if "xx" in bar else 2 * division if division == 3 else 4
        return "".join(
            "o" if sign == "x" and step % every else sign for step, sign in enumerate(bar)
        )
    step = random.randrange(1, len(bar))
    return bar[:step] + "." + bar[step + 1 :] if step % division else bar


def with_cymbal(bar: list[Stroke], cymbal: str) -> list[Stroke]:
    """Return a bar with another cymbal in place of the hi-hat."""
    return [(step, cymbal if letter in "HR" else letter, ghost) for step, letter, ghost in bar]


def _moved_kick(bar: str, backbeat: str, every: int, random: randomness.Random) -> str:
    step = random.randrange(1, len(bar))
    if step % every or (backbeat and backbeat[step] == "x"):
        return bar
    sign = "." if bar[step] == "x" else "x"
    return bar[:step] + sign + bar[step + 1 :]


def _with_ghosts(bar: str, random: randomness.Random) -> str:
    for _ in range(random.randint(0, 2)):
        step = random.randrange(1, len(bar), 2)
        if bar[step] == ".":
            bar = bar[:step] + "o" + bar[step + 1 :]
    return bar


def _strokes(lanes: list[tuple[str, str]]) -> list[Stroke]:
    strokes: list[Stroke] = []
    struck: dict[int, int] = {}
    for letter, bar in lanes:
        for step, sign in enumerate(bar):
            if sign == "." or struck.get(step, 0) >= _MOST_AT_ONCE:
                continue
            struck[step] = struck.get(step, 0) + 1
            strokes.append((step, letter, sign == "o"))
    return sorted(strokes)


def opened(bar: list[Stroke]) -> list[Stroke]:
    """Return the first bar of a section: a crash on its first beat instead of other cymbals."""
    kept = [stroke for stroke in bar if stroke[0] or stroke[1] not in _CYMBALS]
    return [(0, "A", False), *kept]


def draw_fill(
    style: Style, beats: int, division: int, random: randomness.Random
) -> tuple[int, list[Stroke]]:
    """Return on which step a fill begins, and its strokes."""
    length = random.choice((1, 2, 2, 2)) if beats > 2 else 1
    first = (beats - length) * division
    steps = length * division
    kind = random.choice(("toms", "toms", "snare", "mixed"))
    if not style.has_fills:
        kind = random.choice(("snare", "rest"))
    snare = "S"
    if kind == "rest":
        return first, []
    strokes = []
    for step in range(steps):
        is_on = step % division == 0 or random.random() < (0.85 if division == 3 else 0.7)
        if not is_on:
            continue
        if kind == "toms":
            letter = (snare + "NTF")[min(3, step * 4 // steps)]
        elif kind == "snare":
            letter = snare
        else:
            letter = random.choice(snare + snare + "NF")
        strokes.append((first + step, letter, False))
    return first, strokes


def filled(bar: list[Stroke], fill: tuple[int, list[Stroke]]) -> list[Stroke]:
    """Return a bar that ends with a fill; the kick drum goes on."""
    first, strokes = fill
    kept = [stroke for stroke in bar if stroke[0] < first or stroke[1] == "K"]
    return kept + strokes
