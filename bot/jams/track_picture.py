"""Draw a jam's track as a waveform, each part in its author's colour."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from bot.domain.jams import JamSnapshot, Part
from bot.jams.tree_picture import COLOURS

WIDTH, HEIGHT = 720, 160
BARS = 90

# Supersampling, since Pillow does not antialias.
_FINER = 3
_MARGIN, _ROUNDING, _FOOT = 18, 16, 30
_SPACE, _LEAST, _TEXT_SIZE = 0.36, 0.05, 22
# An opaque background, readable in Discord's dark and light themes.
_CARD, _EMPTY, _TEXT = (24, 25, 31), (62, 65, 76), (214, 216, 224)
_NOBODY = (132, 136, 150)


def number_players(parts: Sequence[Part]) -> dict[int, int]:
    """Return the people of a track, numbered from 0 in order of appearance."""
    people = dict.fromkeys(part.user_id for part in parts if part.user_id is not None)
    return {person: number for number, person in enumerate(people)}


def bars_of(snapshot: JamSnapshot) -> int:
    """Return how many of the bars of the picture the track fills so far."""
    if not snapshot.parts:
        return 0
    return max(1, min(BARS, round(BARS * snapshot.seconds / snapshot.jam.most_seconds)))


def draw_track(snapshot: JamSnapshot, levels: Sequence[float]) -> bytes:
    """Return a PNG of WIDTH by HEIGHT; `levels` are those of the bars that the track fills.

    The unused rest of the longest track is drawn as dots.
    """
    width, height = WIDTH * _FINER, HEIGHT * _FINER
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), _ROUNDING * _FINER, fill=_CARD)
    margin, foot = _MARGIN * _FINER, _FOOT * _FINER
    middle = (height - foot + margin / 2) / 2
    step = (width - 2 * margin) / BARS
    for index in range(BARS):
        left = margin + index * step + step * _SPACE / 2
        right = left + step * (1 - _SPACE)
        if index < len(levels):
            half = max(_LEAST, levels[index]) * (middle - margin / 2)
            seconds = (index + 0.5) / len(levels) * snapshot.seconds
            colour = _colour_at(snapshot.parts, seconds)
        else:
            half, colour = (right - left) / 2, _EMPTY
        box = (left, middle - half, right, middle + half)
        draw.rounded_rectangle(box, (right - left) / 2, fill=colour)
    font = ImageFont.load_default(_TEXT_SIZE * _FINER)
    text = f"{_as_on_players(snapshot.seconds)} / {_as_on_players(snapshot.jam.most_seconds)}"
    draw.text((width - margin, height - foot * 0.62), text, _TEXT, font, "rm")
    file = io.BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.BOX).save(file, "PNG", optimize=True)
    return file.getvalue()


def _as_on_players(seconds: float) -> str:
    """Return a time in minutes and seconds, which is the same in all languages."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def _colour_at(parts: Sequence[Part], seconds: float) -> tuple[int, int, int]:
    """Return the colour of whoever is heard at a time."""
    heard = [part for part in parts if part.starts_at_seconds <= seconds] or list(parts[:1])
    if not heard or heard[-1].user_id is None:
        return _NOBODY
    return COLOURS[number_players(parts)[heard[-1].user_id] % len(COLOURS)]
