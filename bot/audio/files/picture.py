"""Pictures of a clip, readable on dark and on light: its waveform as bars, and its spectrogram."""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bot.audio.mixing import mix_to_mono
from bot.domain.generation import Sound

WIDTH, HEIGHT = 720, 128
SPECTROGRAM_HEIGHT = 320

# Drawn larger and brought down: Pillow's own edges are jagged.
_FINER = 3
_BARS = 96
_MARGIN = 14
_ROUNDING = 16
_SPACE = 0.42
_CARD = (24, 25, 31)
_LEFT, _RIGHT = np.array((240, 180, 70)), np.array((226, 92, 122))
_LEAST = 0.03
_WINDOW = 2048
_RANGE_HZ = (50.0, 12_000.0)
_RANGE_DB = 70.0
_MARKS_HZ = {100: "100 Hz", 1000: "1 kHz", 5000: "5 kHz"}
_GAP, _GUTTER = 6, 56
_NUMBER, _NUMBER_SIZE = (255, 255, 255), 32
_MARK = (255, 255, 255, 150)
# Dark to bright, as heat is shown.
_HEAT = np.array(
    ((14, 12, 22), (58, 20, 84), (140, 36, 98), (214, 82, 68), (245, 158, 60), (252, 236, 176))
)


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


def takes_png(sounds: Mapping[int, Sound]) -> bytes:
    """Return the waveforms of takes below each other, each after its number, as a PNG of WIDTH."""
    height = len(sounds) * HEIGHT + (len(sounds) - 1) * _GAP
    image = Image.new("RGBA", (WIDTH, height), (0, 0, 0, 0))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=_NUMBER_SIZE)
    inner = (WIDTH - _GUTTER - _MARGIN, HEIGHT - _MARGIN)
    for index, (number, sound) in enumerate(sounds.items()):
        top = index * (HEIGHT + _GAP)
        draw.rounded_rectangle((0, top, WIDTH - 1, top + HEIGHT - 1), _ROUNDING, fill=_CARD)
        bars = Image.open(io.BytesIO(waveform_png(sound))).convert("RGBA")
        edges = (_MARGIN, _MARGIN // 2, WIDTH - _MARGIN, HEIGHT - _MARGIN // 2)
        image.paste(bars.crop(edges).resize(inner), (_GUTTER, top + _MARGIN // 2))
        middle = (_GUTTER // 2, top + HEIGHT // 2)
        draw.text(middle, str(number), fill=_NUMBER, font=font, anchor="mm")
    file = io.BytesIO()
    image.quantize(128, Image.Quantize.FASTOCTREE).save(file, "PNG")
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


def spectrogram_png(sound: Sound) -> bytes:
    """Return what frequencies a sound has when, as a PNG of WIDTH by SPECTROGRAM_HEIGHT.

    Frequencies are from 50 Hz at the bottom to 12 kHz, each octave as high as any other; time goes
    from left to right, over the whole sound.
    """
    levels = _levels_db(sound)
    heat = np.clip((levels + _RANGE_DB) / _RANGE_DB, 0, 1) * (len(_HEAT) - 1)
    steps = np.arange(len(_HEAT))
    colours = np.stack([np.interp(heat, steps, _HEAT[:, part]) for part in range(3)], axis=-1)
    image = Image.fromarray(colours.astype(np.uint8), "RGB")
    draw = ImageDraw.Draw(image, "RGBA")
    low, high = np.log(_RANGE_HZ)
    font = ImageFont.load_default(size=12)
    for hertz, name in _MARKS_HZ.items():
        y = round((high - np.log(hertz)) / (high - low) * SPECTROGRAM_HEIGHT)
        draw.line((0, y, 8, y), fill=_MARK)
        draw.text((12, y - 7), name, fill=_MARK, font=font)
    length = f"{sound.seconds:.1f} s"
    draw.text((WIDTH - 8, SPECTROGRAM_HEIGHT - 18), length, fill=_MARK, font=font, anchor="ra")
    file = io.BytesIO()
    image.quantize(128, Image.Quantize.FASTOCTREE).save(file, "PNG")
    return file.getvalue()


def _levels_db(sound: Sound) -> NDArray[np.float32]:
    """Return levels in dB below the loudest, [SPECTROGRAM_HEIGHT, WIDTH], high above low."""
    mono = np.pad(mix_to_mono(sound.samples), _WINDOW // 2)
    starts = np.linspace(0, len(mono) - _WINDOW, WIDTH).astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(mono, _WINDOW)[starts]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32))) ** 2
    bins = np.arange(power.shape[1]) * sound.sample_rate_hz / _WINDOW
    hertz = np.geomspace(_RANGE_HZ[1], _RANGE_HZ[0], SPECTROGRAM_HEIGHT)
    after = np.clip(np.searchsorted(bins, hertz), 1, len(bins) - 1)
    share = np.clip((hertz - bins[after - 1]) / (bins[after] - bins[after - 1]), 0, 1)
    rows = power[:, after - 1] * (1 - share) + power[:, after] * share
    loudest = max(float(rows.max(initial=0.0)), 1e-9)
    levels: NDArray[np.float32] = (10 * np.log10(np.maximum(rows / loudest, 1e-10))).T
    return levels
