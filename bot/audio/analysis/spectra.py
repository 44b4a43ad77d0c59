"""Spectra: power spectrogram, mel filter bank, log mel spectrogram.

Tempo, key and loop seams are computed from these. `normalize` levels a sound first, so that gain
has no effect.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bot.audio.mixing import mix_to_mono
from bot.domain.generation import Floats, Sound

QUIETEST = 1e-4
"""The peak below which a sound counts as silence; 16 bits end a little lower."""

_RMS = 0.1
_LOWEST_HZ, _HIGHEST_HZ = 35.0, 12_000.0
# 60 dB below a band at the common level.
_FLOOR = 1e-7
_BLOCK = 512


def normalize(sound: Sound) -> Floats | None:
    """Return one channel at a common level, without offset; None for silence and for NaN."""
    samples = sound.samples
    if samples.shape[1] == 0 or not np.isfinite(samples).all():
        return None
    samples = samples - samples.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    if float(np.abs(samples).max()) < QUIETEST:
        return None
    mixed = mix_to_mono(samples)
    power_of_mix = float(np.square(mixed).mean(dtype=np.float64))
    return np.asarray(mixed * (_RMS / np.sqrt(power_of_mix)), dtype=np.float32)


def window_samples(seconds: float, sample_rate_hz: int) -> int:
    """Return the power of two that is nearest to a length in seconds, in samples, 16 or more."""
    return 1 << max(4, round(float(np.log2(seconds * sample_rate_hz))))


def power_spectrogram(mono: Floats, window: int, hop: int) -> Floats:
    """Return the power spectrogram [frames, bins] of frames centred on each `hop` samples.

    A sine of amplitude 1 has a peak of 1/4.
    """
    rows = sliding_window_view(np.pad(mono, window // 2), window)[::hop]
    taper = np.hanning(window + 1)[:-1].astype(np.float32)
    taper /= taper.sum()
    found = np.empty((len(rows), window // 2 + 1), np.float32)
    for start in range(0, len(rows), _BLOCK):  # NumPy transforms in double precision
        spectrum = np.fft.rfft(rows[start : start + _BLOCK] * taper)
        found[start : start + _BLOCK] = np.square(spectrum.real) + np.square(spectrum.imag)
    return found


@cache
def mel_filters(
    window: int, bands: int, *, sample_rate_hz: int, lowest_hz: float, highest_hz: float
) -> Floats:
    """Return triangular filters [window / 2 + 1, bands], evenly spaced in mels, each of sum 1.

    A band narrower than a bin still gets the bin that it lies in. Source: HTK's mel scale,
    2595 log10(1 + f / 700).
    """
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (lowest_hz, highest_hz))
    edges = 700 * (10 ** (np.linspace(low, high, bands + 2) / 2595) - 1)
    bin_hz = sample_rate_hz / window
    widths = np.maximum(np.diff(edges), bin_hz)
    hz = np.fft.rfftfreq(window, 1 / sample_rate_hz)[:, None]
    rise = 1 - (edges[1:-1] - hz) / widths[:-1]
    fall = 1 - (hz - edges[1:-1]) / widths[1:]
    filters = np.maximum(0, np.minimum(rise, fall))
    return np.asarray(filters / filters.sum(axis=0), dtype=np.float32)


def log_amplitude(power: Floats) -> Floats:
    """Return powers as natural logarithms of amplitude, cut off at what is not heard in a mix."""
    return np.asarray(0.5 * np.log(power + np.float32(_FLOOR)), dtype=np.float32)


def log_mel(power: Floats, window: int, bands: int, sample_rate_hz: int) -> Floats:
    """Return a power spectrogram as logarithms of amplitude in mel bands, [frames, bands]."""
    filters = mel_filters(
        window,
        bands,
        sample_rate_hz=sample_rate_hz,
        lowest_hz=_LOWEST_HZ,
        highest_hz=min(_HIGHEST_HZ, 0.48 * sample_rate_hz),
    )
    return log_amplitude(power @ filters)


def moving_mean(curve: Floats, frames: int) -> Floats:
    """Return the mean of a curve [frames, ..] over the given number of frames around each."""
    before = frames // 2
    edges = [(before + 1, frames - 1 - before)] + [(0, 0)] * (curve.ndim - 1)
    sums = np.cumsum(np.pad(curve, edges, mode="edge"), axis=0, dtype=np.float64)
    return np.asarray((sums[frames:] - sums[:-frames]) / frames, dtype=np.float32)
