"""The waveforms that the decoder adds up: of tones, and of bands of noise.

A grain is as long as two frames, and fades in around the beginning of its frame and out around the
end. Grains of noise are overlapped by power, those of a tone by amplitude: frames of a tone follow
each other without a seam.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.starter.training.codec import units
from bot.starter.training.codec.additive import LOUDEST, tones_hz
from bot.starter.training.codec.oscillators import turning
from bot.starter.training.data.codebooks import FRAMES_PER_SECOND

Floats = NDArray[np.float32]

RATE_HZ, HOP = 32_000, 640
BEFORE = 384
"""Samples of a grain before its frame begins; grains are 1280 samples long."""

GRAIN = 2 * HOP
NOISE_LOUDEST = 0.8
"""The level of a band of noise whose amount is one; it goes no further than half of that."""

_FADE = 160
_EDGE = 0.15
_NOISE_SIZE = 8192


def tone_grains(gains: Floats) -> Floats:
    """Return the grains of the gated units, [units, samples]: a tone's cosine and sine.

    Frames follow each other without a seam: each tone is so far from its own pitch that it is
    ahead after a frame by what its pair turns, a quarter of a Hz at most.
    """
    bank, places = turning(), np.arange(GRAIN) - BEFORE
    window = _window(places)
    made = []
    for (pair, way), hz, gain in zip(bank.pairs, tones_hz(), gains, strict=True):
        ahead = way * bank.hz[pair]
        exact = round((hz - ahead) / FRAMES_PER_SECOND) * FRAMES_PER_SECOND + ahead
        angles = 2 * np.pi * exact * places / RATE_HZ
        loud = gain * LOUDEST * window
        made += [loud * np.cos(angles), -loud * np.sin(angles)]
    return np.array(made, np.float32)


def _window(places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Fade in around the beginning of the frame, out around its end: both add up to one."""
    rise = np.clip((places + _FADE) / (2 * _FADE), 0, 1)
    fall = np.clip((HOP + _FADE - places) / (2 * _FADE), 0, 1)
    both = (1 - np.cos(np.pi * rise)) * (1 - np.cos(np.pi * fall))
    return np.asarray(both / 4)


def noise_grains() -> Floats:
    """Return grains [bands, noises, samples] whose sum is noise of one in each band's middle."""
    random = np.random.default_rng(0)
    places = np.arange(GRAIN) - BEFORE
    window = np.sqrt(_window(places))
    hz = np.fft.rfftfreq(_NOISE_SIZE, 1 / RATE_HZ)
    made = np.zeros((units.BANDS, units.NOISES, GRAIN), np.float32)
    for band in range(units.BANDS):
        low, high = units.BAND_EDGES_HZ[band : band + 2]
        rise, fall = (hz - low) / (_EDGE * low), (high - hz) / (_EDGE * high)
        shape = np.sqrt(np.clip(rise + 0.5, 0, 1) * np.clip(fall + 0.5, 0, 1))
        for number in range(units.NOISES):
            phases = random.uniform(0, 2 * np.pi, len(hz))
            noise = np.fft.irfft(shape * np.exp(1j * phases))[:GRAIN]
            made[band, number] = NOISE_LOUDEST * window * noise / np.sqrt(np.square(noise).mean())
    return made


def in_half_precision(grains: Floats) -> NDArray[np.float64]:
    """Return grains as a checkpoint has them: length and direction in half precision."""
    length = np.sqrt(np.square(grains).sum(1, keepdims=True)).astype(np.float16)
    direction = grains.astype(np.float16).astype(np.float64)
    norm = np.sqrt(np.square(direction).sum(1, keepdims=True))
    scale = length / np.where(norm > 0, norm, 1)
    return np.asarray(scale * direction)
