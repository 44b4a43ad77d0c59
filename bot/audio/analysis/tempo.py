"""Detect the tempo of a sound: the period at which its onsets repeat.

The onset envelope is autocorrelated. The beat is a peak there, as are its multiples and fractions;
which peak is the beat is decided by how well its multiples fit, a preference for moderate tempi,
and alternation of low and high strokes.

Sources: Klapuri et al. 2006 (comb of multiples); Parncutt 1994 (log-normal tempo preference).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis.expected_tempo import ExpectedTempo
from bot.audio.analysis.onsets import Onsets
from bot.audio.analysis.spectra import moving_mean
from bot.domain.generation import Floats

SLOWEST_BPM, FASTEST_BPM = 50.0, 200.0

_SMOOTH_FRAMES, _BAR_SMOOTH_FRAMES = 3, 9
# Noise and beating of pad tones are below this; the softest piano is far above.
_LEAST_ONSET = 0.12
_LEAST_STROKE = 0.1
_LONGEST_BEATS = 4
_LONGEST_BAR_BEATS = 8
_GRID = SLOWEST_BPM * np.exp(np.arange(0, np.log(FASTEST_BPM / SLOWEST_BPM), 0.004))
_PREFERRED_BPM, _PREFERRED_OCTAVES = 127.0, 1.2
_CANDIDATES = 14
# Measured on pieces of known tempo.
_TURNS_WEIGHT, _PARTS_WEIGHT, _TRIPLET_WEIGHT = 0.8, 0.1, 0.7


@dataclass(frozen=True, slots=True)
class Tempo:
    """A tempo, how regularly the onsets repeat at it (0 to 1), and how they do after whole beats.

    `after_half_beats[n]` is the correlation of the onsets with themselves n half beats later, as
    far as the sound is long enough to tell.
    """

    bpm: float
    regularity: float
    after_half_beats: tuple[float, ...]


def find_tempo(onsets: Onsets, expected: ExpectedTempo | None = None) -> Tempo | None:
    """Return the perceived tempo; None if no onset repeats.

    Among several that fit, one near the expected tempo is preferred.
    """
    if float(np.percentile(onsets.whole, 99)) < _LEAST_ONSET:
        return None
    longest = round(_LONGEST_BAR_BEATS * 60 / SLOWEST_BPM * onsets.frame_rate_hz) + 2
    lags = min(longest, len(onsets.whole) * 2 // 3)
    beat_frames = 60 / _GRID * onsets.frame_rate_hz
    repeats = _repeats(onsets, lags)
    heights, fitting = comb(repeats, beat_frames, _LONGEST_BEATS)
    strength = np.where(fitting > 1, heights, 0)  # two beats at least must fit twice
    best = highest_peaks(strength, _CANDIDATES)
    best = best[strength[best] > 0]
    if len(best) == 0:
        return None
    turns = _correlate_smooth(onsets.low, onsets.middle, lags)
    scores = [
        np.log(strength[peak])
        + _preference(float(_GRID[peak]), float(beat_frames[peak]), repeats, turns)
        + (0.0 if expected is None else expected.preference(float(_GRID[peak])))
        for peak in best
    ]
    chosen = int(best[int(np.argmax(scores))])
    frames = _refine(float(beat_frames[chosen]), repeats, int(fitting[chosen]))
    # Smoothed more: a narrow peak between two frames would look lower than one on a frame.
    # Low strokes say more of a bar than hats on every beat, where there are any.
    smooth = _repeats(onsets, lags, _BAR_SMOOTH_FRAMES)
    strokes = onsets.strokes
    if float(strokes.max()) > _LEAST_STROKE:
        smooth = (smooth + _correlate_smooth(strokes, strokes, lags, _BAR_SMOOTH_FRAMES)) / 2
    after = tuple(
        highest_near(smooth, frames * n / 2)
        for n in range(2 * _LONGEST_BAR_BEATS + 1)
        if frames * n / 2 < lags - 1
    )
    bpm = 60 * onsets.frame_rate_hz / frames
    return Tempo(bpm, float(np.clip(strength[chosen], 0, 1)), after)


def _preference(bpm: float, frames: float, repeats: Floats, turns: Floats) -> float:
    """Return what speaks for a tempo beside its strength."""
    octaves = np.log2(bpm / _PREFERRED_BPM) / _PREFERRED_OCTAVES
    preference = -0.5 * octaves**2
    # A kick on one beat and a snare on the next: low and middle meet a beat later, not at once.
    alternation = highest_near(turns, frames) - float(turns[:3].max())
    parts = max(highest_near(repeats, frames / 2), highest_near(repeats, frames / 3))
    triplet = highest_near(repeats, frames * 2 / 3)
    return float(
        preference + _TURNS_WEIGHT * alternation + _PARTS_WEIGHT * parts - _TRIPLET_WEIGHT * triplet
    )


def _repeats(onsets: Onsets, lags: int, smooth_frames: int = _SMOOTH_FRAMES) -> Floats:
    """Return how the onsets correlate with themselves, at once and within bands, [lags]."""
    whole = _correlate_smooth(onsets.whole, onsets.whole, lags, smooth_frames)
    bands = sum(_correlate_smooth(band, band, lags, smooth_frames) for band in onsets.bands)
    return np.asarray((whole + 0.3 * bands) / 1.9, dtype=np.float32)


def _correlate_smooth(
    first: Floats, second: Floats, lags: int, smooth_frames: int = _SMOOTH_FRAMES
) -> Floats:
    """Correlate two curves after smoothing: else a narrow peak falls between a tempo's lags."""
    return correlate(moving_mean(first, smooth_frames), moving_mean(second, smooth_frames), lags)


def correlate(first: Floats, second: Floats, lags: int) -> Floats:
    """Return the correlation of two curves [frames] at lags 0 to `lags` - 1, unbiased.

    It is the mean of both directions; of a curve with itself it begins with 1.
    """
    length = len(first)
    size = 1 << (2 * length - 1).bit_length()
    spectra = [np.fft.rfft(curve - curve.mean(), size) for curve in (first, second)]
    both_ways = np.fft.irfft((np.conj(spectra[0]) * spectra[1]).real, size)[:lags]
    unbiased = both_ways / (length - np.arange(lags))
    scale = float(first.std()) * float(second.std())
    return np.asarray(unbiased / max(scale, 1e-6), dtype=np.float32)


def comb(
    correlation: Floats, periods: NDArray[np.float64], multiples: int
) -> tuple[Floats, NDArray[np.intp]]:
    """Return how strongly each period repeats, and how many of its multiples fit.

    The strength of a period in frames is the mean of the correlation [lags] at the period and its
    multiples, as far as there are lags for them, and 0 where there is none.
    """
    lags = periods[:, None] * np.arange(1, multiples + 1)
    fits = lags < len(correlation) - 1
    heights = np.interp(lags, np.arange(len(correlation)), correlation) * fits
    count = fits.sum(axis=1)
    strength = heights.sum(axis=1) / np.maximum(count, 1)
    return np.asarray(strength, dtype=np.float32), np.asarray(count, dtype=np.intp)


def highest_peaks(curve: Floats, count: int) -> NDArray[np.intp]:
    """Return where a curve has its highest local maxima, the highest first, at most `count`."""
    padded = np.pad(curve, 1, constant_values=-np.inf)
    peaks = np.flatnonzero((curve >= padded[:-2]) & (curve >= padded[2:]))
    return peaks[np.argsort(-curve[peaks], kind="stable")][:count]


def highest_near(curve: Floats, lag: float, spread: float = 0.012) -> float:
    """Return the highest value of a curve [lags] within a share of a lag around it."""
    first = min(len(curve) - 1, int(np.floor(lag * (1 - spread))))
    last = min(len(curve) - 1, int(np.ceil(lag * (1 + spread))))
    return float(curve[first : last + 1].max())


def _refine(frames: float, repeats: Floats, multiples: int) -> float:
    """Return a period in frames between the steps of the grid, where its multiples fit best."""
    periods = frames * np.linspace(0.99, 1.01, 41)
    lags = periods[:, None] * np.arange(1, multiples + 1)
    heights = np.interp(lags, np.arange(len(repeats)), repeats).sum(axis=1)
    return float(periods[int(np.argmax(heights))])
