"""Chroma: the strongest of the twelve pitch classes, every 4096 samples.

As in the training of MusicGen Melody. Source: arXiv 2306.05284, section 2.3; the filter bank is
librosa's with its defaults, and transformers' MusicgenMelodyFeatureExtractor is the reference.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bot.domain.generation import Floats

Classes = NDArray[np.int64]
"""Pitch classes, 0 for C to 11 for B; silence has class 0, too."""

WINDOW, HOP = 16_384, 4096
CLASSES = 12

_REFERENCE_HZ = 440.0 / 16
_CENTRE_OCTAVE, _OCTAVES = 5.0, 2.0
_BLOCK = 64


def find_classes(mono: Floats, sample_rate_hz: int) -> Classes:
    """Return the strongest pitch class of each frame, centred on multiples of HOP samples."""
    if len(mono) < WINDOW:
        short = WINDOW - len(mono)
        mono = np.pad(mono, (short // 2, short // 2 + short % 2))
    frames = sliding_window_view(np.pad(mono, WINDOW // 2, mode="reflect"), WINDOW)[::HOP]
    taper = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    bank = _filter_bank(sample_rate_hz)
    found = []
    for start in range(0, len(frames), _BLOCK):  # NumPy transforms in double precision
        power = np.abs(np.fft.rfft(frames[start : start + _BLOCK] * taper)) ** 2
        found.append((power.astype(np.float32) @ bank.T).argmax(axis=1))
    return np.concatenate(found)


@cache
def _filter_bank(sample_rate_hz: int) -> Floats:
    """Return the weight of each frequency for each class, [classes, bins].

    Each class has a peak at its pitch in every octave, and octaves near the fifth have most weight.
    """
    hertz = np.linspace(0, sample_rate_hz, WINDOW, endpoint=False)[1:]
    semitones = CLASSES * np.log2(hertz / _REFERENCE_HZ)
    # Bin 0 has no pitch: place it an octave and a half below bin 1.
    semitones = np.concatenate([[semitones[0] - 1.5 * CLASSES], semitones])
    widths = np.concatenate([np.maximum(np.diff(semitones), 1.0), [1]])
    distances = semitones[None, :] - np.arange(CLASSES)[:, None]
    half = CLASSES // 2
    distances = np.remainder(distances + half + 10 * CLASSES, CLASSES) - half
    bank = np.exp(-0.5 * (2 * distances / widths) ** 2)
    bank /= np.sqrt((bank**2).sum(axis=0, keepdims=True))
    bank *= np.exp(-0.5 * ((semitones / CLASSES - _CENTRE_OCTAVE) / _OCTAVES) ** 2)
    from_c = np.roll(bank, -3, axis=0)  # relative to A
    return np.ascontiguousarray(from_c[:, : WINDOW // 2 + 1]).astype(np.float32)
