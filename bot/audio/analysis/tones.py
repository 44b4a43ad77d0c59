"""Spectral peaks (tones) of a sound, and the strength of each pitch class (chroma).

Source: Gómez 2006 (spectral peaks and tuning deviation).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis.spectra import moving_mean, power_spectrogram, window_samples
from bot.domain.generation import Floats

_WINDOW_SECONDS, _HOP_SECONDS = 0.256, 0.1
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 2200.0
_PEAK_RADIUS_BINS, _PEAK_RATIO = 12, 2.8


@dataclass(frozen=True, slots=True)
class Tones:
    """The tones of a sound: the frame of each, its pitch and its amplitude, arrays [tones].

    Pitches are MIDI numbers with fractions, A4 = 69 = 440 Hz. `frames` is how many frames the sound
    has, with and without tones.
    """

    frame: NDArray[np.intp]
    pitch: Floats
    amplitude: Floats
    frames: int
    frame_rate_hz: float


def find_tones(mono: Floats, sample_rate_hz: int) -> Tones:
    """Return the peaks of the spectra that stand out of what is around them."""
    window = window_samples(_WINDOW_SECONDS, sample_rate_hz)
    hop = max(1, round(_HOP_SECONDS * sample_rate_hz))
    bin_hz = sample_rate_hz / window
    last = min(window // 2 - 1, round(_HIGHEST_HZ / bin_hz) + _PEAK_RADIUS_BINS)
    amplitude = np.sqrt(power_spectrogram(mono, window, hop)[:, : last + 1])
    around = moving_mean(amplitude.T, 2 * _PEAK_RADIUS_BINS + 1).T
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
    heard = (hz > _LOWEST_HZ) & (hz < _HIGHEST_HZ)
    pitch = 69 + 12 * np.log2(hz[heard] / 440)
    return Tones(
        frame[heard],
        pitch.astype(np.float32),
        amplitude[frame[heard], index[heard]],
        len(amplitude),
        sample_rate_hz / hop,
    )


def tune(tones: Tones) -> Tones:
    """Return tones moved together, by less than a semitone, to where most of them are in tune."""
    # The mean direction on a circle that is a semitone round.
    turned = np.exp(2j * np.pi * tones.pitch.astype(np.float64))
    direction = (np.sqrt(tones.amplitude) * turned).sum()
    pitch = tones.pitch - np.angle(direction) / (2 * np.pi)
    return replace(tones, pitch=np.asarray(pitch, dtype=np.float32))


def low_tones(tones: Tones, highest_pitch: float) -> Tones:
    """Return the tones below a pitch."""
    is_low = tones.pitch < highest_pitch
    return replace(
        tones,
        frame=tones.frame[is_low],
        pitch=tones.pitch[is_low],
        amplitude=tones.amplitude[is_low],
    )


def chroma(tones: Tones, spread_semitones: float | None = None) -> NDArray[np.float64]:
    """Return the strength of each pitch class in each frame, [frames, 12]; 0 is C.

    A tone counts for the classes around it as a Gaussian with that standard deviation, or for the
    nearest alone where none is given.
    """
    if spread_semitones is None:
        shares = np.eye(12)[np.round(tones.pitch).astype(np.intp) % 12]
    else:
        distance = (tones.pitch[:, None] - np.arange(12) + 6) % 12 - 6
        shares = np.exp(-0.5 * np.square(distance / spread_semitones))
    rows = np.zeros((tones.frames, 12))
    np.add.at(rows, tones.frame, np.sqrt(tones.amplitude)[:, None] * shares)
    return rows
