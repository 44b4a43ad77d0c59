"""Audio received in a voice channel, decoded and measured."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from bot.demo.discord.voice.ogg_pages import ogg_of

RATE_HZ = 48_000


def decode(packets):
    """Return Opus packets as samples, [n, 2]."""
    samples, rate_hz = soundfile.read(io.BytesIO(ogg_of(packets)), always_2d=True)
    assert rate_hz == RATE_HZ
    return samples


def levels(samples, seconds=0.05):
    """Return the root mean square of each block of `seconds`."""
    size = round(seconds * RATE_HZ)
    rows = samples[: len(samples) // size * size, 0].reshape(-1, size)
    return np.sqrt(np.square(rows).mean(axis=1))


def pitch(samples):
    """Return the strongest frequency in Hz."""
    mono = samples[:, 0] * np.hanning(len(samples))
    return float(np.abs(np.fft.rfft(mono)).argmax() * RATE_HZ / len(mono))


def largest_step(samples):
    """Return the largest difference of neighbouring samples; a click is a large step."""
    return float(np.abs(np.diff(samples[:, 0])).max())
