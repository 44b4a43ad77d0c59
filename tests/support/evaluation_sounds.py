"""Short known sounds at the sample rate of the evaluation."""

from __future__ import annotations

import numpy as np

from bot.starter.evaluation.features import SAMPLE_RATE_HZ

SECONDS = 6


def times(seconds=SECONDS):
    return np.arange(seconds * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ


def sines(*hz, seconds=SECONDS):
    return (0.2 * sum(np.sin(2 * np.pi * each * times(seconds)) for each in hz)).astype(np.float32)


def noise(seconds=SECONDS, seed=0):
    drawn = np.random.default_rng(seed).normal(0, 0.1, seconds * SAMPLE_RATE_HZ)
    return drawn.astype(np.float32)


def drums(bpm, seconds=SECONDS):
    """A low stroke on each beat, and a softer high one between."""
    beats = times(seconds) * bpm / 60
    low = np.sin(2 * np.pi * 80 * times(seconds)) * np.exp(-12 * (beats % 1))
    high = noise(seconds) * np.exp(-30 * ((beats + 0.5) % 1))
    return (0.5 * low + high + 0.01 * noise(seconds)).astype(np.float32)


def melody(seed, seconds=SECONDS):
    """Notes of random pitches at random times, over a bass."""
    random = np.random.default_rng(seed)
    sound = np.zeros(seconds * SAMPLE_RATE_HZ, np.float32)
    clock = times(1)[: SAMPLE_RATE_HZ // 2]
    for start in np.cumsum(random.uniform(0.1, 0.6, 4 * seconds)):
        at = int(start * SAMPLE_RATE_HZ)
        hz = 220 * 2 ** (random.integers(24) / 12)
        note = 0.2 * np.sin(2 * np.pi * hz * clock) * np.exp(-6 * clock)
        room = max(0, min(len(note), len(sound) - at))
        sound[at : at + room] += note[:room]
    return sound
