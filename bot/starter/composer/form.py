"""The form of a piece: which sections follow each other, and how many bars they have."""

import random as randomness

from bot.starter.composer.piece import SectionKind

_INTRO_CHANCE = 0.2
_OUTRO_CHANCE = 0.2
_CHORUS_FIRST_CHANCE = 0.35
_SHORT_BAR_SECONDS = 1.75
_ORDERS: tuple[tuple[SectionKind, ...], ...] = (
    ("verse", "chorus", "break", "verse", "chorus"),
    ("verse", "chorus", "verse", "break", "chorus"),
    ("verse", "verse", "chorus", "break", "chorus"),
    ("verse", "break", "chorus", "verse", "chorus"),
    ("verse", "chorus", "verse", "chorus", "break"),
)

Form = list[tuple[SectionKind, int]]


def draw_form(bars: int, bar_seconds: float, cycle: int, random: randomness.Random) -> Form:
    """Return sections of so many bars in all; `cycle` bars is the longest progression."""
    form: Form = []
    left = bars
    if bars > 6 and random.random() < _INTRO_CHANCE:
        form.append(("intro", 2 if bar_seconds < 2.6 and random.random() < 0.6 else 1))
        left -= form[0][1]
    is_ended = bars > 8 and random.random() < _OUTRO_CHANCE
    if is_ended:
        left -= 1
    usual = 8 if bar_seconds < _SHORT_BAR_SECONDS else 4
    if cycle > 8:
        usual = cycle
    elif cycle == 8 or (usual == 4 and bar_seconds < 2.4 and random.random() < 0.25):
        usual = 8
    if usual == 8 and left <= 10:
        usual = 4
    order = random.choice(_ORDERS)
    if left <= 2 * usual and order[0] == order[1]:
        order = order[1:]
    if random.random() < _CHORUS_FIRST_CHANCE:
        order = order[1:] + order[:1]
    if order[0] == "break":
        order = order[1:]
    turn = 0
    while left > 0:
        kind = order[turn % len(order)]
        turn += 1
        length = usual
        if kind == "break":
            length = random.choice((2, 4)) if bar_seconds > 1.2 else 4
        length = min(length, left)
        form.append((kind, length))
        left -= length
    if is_ended:
        form.append(("outro", 1))
    return form


def place_in_phrase(kind: SectionKind, index: int, length: int) -> int:
    """Return the place of a bar in its phrase of four: what is short ends on the last place."""
    if kind in ("intro", "break") and length % 4:
        return (index + 4 - length % 4) % 4
    return 3 if kind == "outro" else index % 4
