"""A short synthesized tune, for a sound file on the demo's server."""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

NAME = "riff.wav"

_RATE_HZ = 16_000
_BEAT_SECONDS = 60 / 96
# Degrees of a minor pentatonic scale in semitones above A3, with lengths in half beats.
_NOTES = ((0, 1), (3, 1), (5, 1), (7, 2), (5, 1), (3, 2), (0, 1), (10, 1), (7, 2), (5, 1), (3, 3))
_ROOT_HZ = 220.0
_OVERTONES = ((1, 1.0), (2, 0.45), (3, 0.2), (4, 0.08))


def riff() -> bytes:
    """Return the tune as a WAV file: a plucked string, 5 s, 16 bits, one channel."""
    sound = np.concatenate([_note(*note) for note in _NOTES])
    samples = (0.6 * 32767 * sound / np.abs(sound).max()).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(_RATE_HZ)
        written.writeframes(samples.tobytes())
    return file.getvalue()


def _note(semitones: int, half_beats: int) -> NDArray[np.float64]:
    seconds = np.arange(round(half_beats * _BEAT_SECONDS / 2 * _RATE_HZ)) / _RATE_HZ
    hz = _ROOT_HZ * 2 ** (semitones / 12)
    # Higher overtones decay sooner, as on a string; the ends are faded in and out.
    tones = (
        level * np.exp(-(1.5 + number) * seconds) * np.sin(2 * np.pi * number * hz * seconds)
        for number, level in _OVERTONES
    )
    edges = np.minimum(1, np.minimum(seconds / 0.004, (seconds[-1] - seconds) / 0.01))
    sound: NDArray[np.float64] = np.sum(list(tones), axis=0) * edges
    return sound
