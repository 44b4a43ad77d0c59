"""Mix channels down by their mean, and keep sound within full scale.

A mean never clips, unlike the usual sums of channels.
"""

from __future__ import annotations

import numpy as np

from bot.domain.generation import Samples

# A side alone leaves a quarter of its power in the mean of two, and 1/n² in that of n.
_CANCELLED = 0.4
"""Below this part of that, channels are taken for each other's opposites."""

# The speakers of WAVEFORMATEXTENSIBLE, which ffmpeg names its channels by.
_LEFT = 0x1 | 0x10 | 0x40 | 0x200 | 0x1000 | 0x8000
_RIGHT = 0x2 | 0x20 | 0x80 | 0x400 | 0x4000 | 0x20000


def mix_channels(samples: Samples, channels: int, speakers: int = 0) -> Samples:
    """Return samples [channels, samples] with 1 or 2 channels, at the level that they have.

    `speakers` is the WAV channel mask that says which channel is where; 0 where nobody knows.
    """
    have = samples.shape[0]
    if have == channels:
        return samples
    if channels == 1:
        return mix_to_mono(samples)[None]
    if have == 1:
        return np.repeat(samples, channels, axis=0)
    return np.stack([samples[rows].mean(axis=0) for rows in _sides(have, speakers)])


def mix_to_mono(samples: Samples) -> Samples:
    """Return the mean of all channels, or the strongest where they cancel each other out."""
    if samples.shape[0] == 1:
        only: Samples = samples[0]
        return only
    mixed: Samples = samples.mean(axis=0)
    energies = np.square(samples, dtype=np.float64).sum(axis=1)
    least = _CANCELLED / samples.shape[0] ** 2 * energies.max(initial=0.0)
    if float(np.square(mixed, dtype=np.float64).sum()) < least:
        strongest: Samples = samples[int(energies.argmax())]
        return strongest
    return mixed


def turn_down(samples: Samples) -> Samples:
    """Return samples whose peak is within full scale: all of them softer, none cut off."""
    loudest = float(np.abs(samples).max(initial=0.0))
    return samples if loudest <= 1.0 else (samples / np.float32(loudest)).clip(-1.0, 1.0)


def _sides(channels: int, speakers: int) -> tuple[list[int], list[int]]:
    """Return the channels that are heard on the left and on the right; those between on both."""
    places = [1 << bit for bit in range(speakers.bit_length()) if speakers >> bit & 1]
    left = [row for row, place in enumerate(places) if not place & _RIGHT]
    right = [row for row, place in enumerate(places) if not place & _LEFT]
    if len(places) != channels or not left or not right:
        return list(range(channels)), list(range(channels))
    return left, right
