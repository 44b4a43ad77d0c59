"""The picture of a clip: its waveform, as bars on a card that is readable on dark and on light."""

from __future__ import annotations

import io
import itertools

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bot.jobs import Sound

WIDTH, HEIGHT = 720, 128

# Drawn larger and brought down: Pillow's own edges are jagged.
_FINER = 3
_BARS = 96
_MARGIN = 14
_ROUNDING = 16
_SPACE = 0.42
_CARD = (24, 25, 31)
_LEFT, _RIGHT = np.array((240, 180, 70)), np.array((226, 92, 122))
_LEAST = 0.03


def waveform_png(sound: Sound) -> bytes:
    """Return the waveform of a sound as a PNG of WIDTH by HEIGHT."""
    width, height = WIDTH * _FINER, HEIGHT * _FINER
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), _ROUNDING * _FINER, fill=_CARD)
    margin = _MARGIN * _FINER
    step = (width - 2 * margin) / _BARS
    for index, level in enumerate(levels(sound, _BARS)):
        left = margin + index * step + step * _SPACE / 2
        right = left + step * (1 - _SPACE)
        half = max(_LEAST, level) * (height / 2 - margin)
        share = index / (_BARS - 1)
        colour = tuple(int(each) for each in _LEFT + share * (_RIGHT - _LEFT))
        box = (left, height / 2 - half, right, height / 2 + half)
        draw.rounded_rectangle(box, (right - left) / 2, fill=colour)
    file = io.BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.BOX).quantize(
        128, Image.Quantize.FASTOCTREE
    ).save(file, "PNG")
    return file.getvalue()


def levels(sound: Sound, count: int) -> NDArray[np.float32]:
    """Return how loud so many stretches of a sound are, from 0 to 1, the loudest being 1."""
    mono = np.abs(sound.samples).max(axis=0)
    edges = np.linspace(0, len(mono), count + 1).astype(int)
    loud = np.array(
        [
            np.sqrt(np.square(mono[start:stop]).mean()) if stop > start else 0.0
            for start, stop in itertools.pairwise(edges)
        ],
        np.float32,
    )
    most = float(loud.max(initial=0.0))
    return loud / most if most > 0 else loud
