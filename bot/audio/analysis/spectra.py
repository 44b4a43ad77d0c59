"""What tempo, key and seams are measured from: one channel, its spectra, bands and pitches.

Everything is brought to one level first, so that a gain changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bot.domain.generation import Sound

Floats = NDArray[np.float32]

QUIETEST = 1e-4
"""The peak below which a sound counts as silence; 16 bits end a little lower."""

_RMS = 0.1
_CANCELLED = 0.1
_LOWEST_HZ, _HIGHEST_HZ = 35.0, 12_000.0
# 60 dB below a band at the common level: what lies lower is not heard in a mix.
_FLOOR = 1e-7
_BLOCK = 512

_PITCH_WINDOW_SECONDS, _PITCH_HOP_SECONDS = 0.256, 0.1
_PITCH_LOWEST_HZ, _PITCH_HIGHEST_HZ = 60.0, 2200.0
_PEAK_RADIUS_BINS, _PEAK_RATIO = 12, 2.8


@dataclass(frozen=True, slots=True)
class Peaks:
    """The tones in a sound's spectra: the frame of each, its pitch and its amplitude.

    Pitches are MIDI numbers with fractions, A4 = 69 = 440 Hz.
    """

    frame: NDArray[np.intp]
    pitch: Floats
    amplitude: Floats
    frames: int
    frame_rate_hz: float


def centred(sound: Sound) -> Floats | None:
    """Return one channel at a common level around zero; None for silence and for no numbers."""
    samples = sound.samples
    if samples.shape[1] == 0 or not np.isfinite(samples).all():
        return None
    samples = samples - samples.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    if float(np.abs(samples).max()) < QUIETEST:
        return None
    power = float(np.square(samples).mean(axis=1, dtype=np.float64).max())
    mixed = samples.mean(axis=0)
    if float(np.square(mixed).mean(dtype=np.float64)) < _CANCELLED * power:
        # Left and right are each other's opposites, or all is on one side.
        mixed = samples[int(np.square(samples).mean(axis=1, dtype=np.float64).argmax())]
        power_of_mix = power
    else:
        power_of_mix = float(np.square(mixed).mean(dtype=np.float64))
    return np.asarray(mixed * (_RMS / np.sqrt(power_of_mix)), dtype=np.float32)


def window_for(seconds: float, sample_rate_hz: int) -> int:
    """Return the power of two that is nearest to so many seconds, in samples."""
    return 1 << max(4, round(float(np.log2(seconds * sample_rate_hz))))


def powers(mono: Floats, window: int, hop: int) -> Floats:
    """Return the power spectrogram [frames, bins] of frames centred on each `hop` samples."""
    rows = sliding_window_view(np.pad(mono, window // 2), window)[::hop]
    taper = np.hanning(window + 1)[:-1].astype(np.float32)
    taper /= taper.sum()
    found = np.empty((len(rows), window // 2 + 1), np.float32)
    for start in range(0, len(rows), _BLOCK):  # NumPy transforms in double precision
        spectrum = np.fft.rfft(rows[start : start + _BLOCK] * taper)
        found[start : start + _BLOCK] = np.square(spectrum.real) + np.square(spectrum.imag)
    return found


@cache
def mel_bands(window: int, bands: int, sample_rate_hz: int) -> Floats:
    """Return triangular filters [bins, bands], evenly spaced on the mel scale, each of sum 1."""
    highest = min(_HIGHEST_HZ, 0.48 * sample_rate_hz)
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (_LOWEST_HZ, highest))
    edges = 700 * (10 ** (np.linspace(low, high, bands + 2) / 2595) - 1)
    # A band narrower than a bin would see nothing.
    bin_hz = sample_rate_hz / window
    widths = np.maximum(np.diff(edges), bin_hz)
    hz = np.fft.rfftfreq(window, 1 / sample_rate_hz)[:, None]
    rise = 1 - (edges[1:-1] - hz) / widths[:-1]
    fall = 1 - (hz - edges[1:-1]) / widths[1:]
    filters = np.maximum(0, np.minimum(rise, fall))
    return np.asarray(filters / filters.sum(axis=0), dtype=np.float32)


def log_bands(power: Floats, window: int, bands: int, sample_rate_hz: int) -> Floats:
    """Return a power spectrogram as logarithms of amplitude in mel bands, [frames, bands]."""
    banded = power @ mel_bands(window, bands, sample_rate_hz)
    return np.asarray(0.5 * np.log(banded + np.float32(_FLOOR)), dtype=np.float32)


def tones(mono: Floats, sample_rate_hz: int) -> Peaks:
    """Find the tones: peaks of the spectra that stand out of what is around them."""
    window = window_for(_PITCH_WINDOW_SECONDS, sample_rate_hz)
    hop = max(1, round(_PITCH_HOP_SECONDS * sample_rate_hz))
    bin_hz = sample_rate_hz / window
    last = min(window // 2 - 1, round(_PITCH_HIGHEST_HZ / bin_hz) + _PEAK_RADIUS_BINS)
    amplitude = np.sqrt(powers(mono, window, hop)[:, : last + 1])
    around = smoothed(amplitude.T, 2 * _PEAK_RADIUS_BINS + 1).T
    middle = amplitude[:, 1:-1]
    is_peak = (middle > amplitude[:, :-2]) & (middle >= amplitude[:, 2:])
    is_peak &= middle > _PEAK_RATIO * around[:, 1:-1]
    frame, index = np.nonzero(is_peak)
    index += 1
    # A parabola through the logarithms finds the top between the bins.
    left, top, right = (
        np.log(amplitude[frame, index + offset] + np.float32(1e-9)) for offset in (-1, 0, 1)
    )
    shift = 0.5 * (left - right) / np.minimum(left - 2 * top + right, -1e-6)
    hz = (index + shift) * bin_hz
    heard = (hz > _PITCH_LOWEST_HZ) & (hz < _PITCH_HIGHEST_HZ)
    pitch = 69 + 12 * np.log2(hz[heard] / 440)
    return Peaks(
        frame[heard],
        pitch.astype(np.float32),
        amplitude[frame[heard], index[heard]],
        len(amplitude),
        sample_rate_hz / hop,
    )


def smoothed(curve: Floats, frames: int) -> Floats:
    """Return the mean of a curve [frames, ..] over so many frames around each."""
    before = frames // 2
    edges = [(before + 1, frames - 1 - before)] + [(0, 0)] * (curve.ndim - 1)
    sums = np.cumsum(np.pad(curve, edges, mode="edge"), axis=0, dtype=np.float64)
    return np.asarray((sums[frames:] - sums[:-frames]) / frames, dtype=np.float32)
