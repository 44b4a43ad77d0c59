"""The tempo of a sound: the period at which its onsets repeat, and people would tap.

An envelope of onsets is correlated with itself. The beat shows there, and so do its multiples and
parts; which of the peaks is the beat is decided by how well all its multiples fit, by a preference
for moderate tempi, and by whether low and high strokes take turns at it.

Sources: Bello et al. 2005 (spectral flux); Klapuri et al. 2006 (comb of multiples); Parncutt 1994
(the preference, log-normal).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.audio.analysis.spectra import Floats, log_bands, powers, smoothed, window_for

SLOWEST_BPM, FASTEST_BPM = 50.0, 200.0

_FRAME_SECONDS = 0.01
_WINDOW_SECONDS = 0.032
_BANDS = 36
_LAG_FRAMES = 2
_LOCAL_SECONDS = 0.6
# Where a log of amplitude has risen by less, nobody hears an onset.
_SMALLEST_RISE = 0.05
_SMOOTH_FRAMES = 3
_STROKES_HZ, _STROKE_FRAMES = (32, 130), 3
# Noise and the beating of tones in a pad stay below this; the softest piano is far above it.
_LEAST_ONSET = 0.12
_LONGEST_BEATS = 4
_GRID = SLOWEST_BPM * np.exp(np.arange(0, np.log(FASTEST_BPM / SLOWEST_BPM), 0.004))
_PREFERRED_BPM, _PREFERRED_OCTAVES = 127.0, 1.2
_CANDIDATES = 14
# Measured on pieces of known tempo.
_TURNS_WEIGHT, _PARTS_WEIGHT, _TRIPLET_WEIGHT = 0.8, 0.1, 0.7


@dataclass(frozen=True, slots=True)
class Onsets:
    """How much of a sound begins when, as curves [frames].

    `low`, `middle` and `whole` rise with what is new, however soft; `strokes` with the force of
    low strokes. `bands` [3, frames] are low, middle and high.
    """

    low: Floats
    middle: Floats
    whole: Floats
    bands: Floats
    strokes: Floats
    frame_rate_hz: float

    @property
    def seconds(self) -> float:
        """Return the length in seconds."""
        return len(self.whole) / self.frame_rate_hz


@dataclass(frozen=True, slots=True)
class Tempo:
    """A tempo, how regularly the onsets repeat at it (0 to 1), and how they do after whole beats.

    `after_beats[n]` is the correlation of the onsets with themselves n beats later.
    """

    bpm: float
    regularity: float
    after_beats: tuple[float, ...]


def onsets_of(mono: Floats, sample_rate_hz: int) -> Onsets:
    """Measure how each band rises, frame by frame."""
    window = window_for(_WINDOW_SECONDS, sample_rate_hz)
    hop = max(1, round(_FRAME_SECONDS * sample_rate_hz))
    power = powers(mono, window, hop)
    logs = log_bands(power, window, _BANDS, sample_rate_hz)
    rises = np.zeros_like(logs)
    rises[_LAG_FRAMES:] = logs[_LAG_FRAMES:] - logs[:-_LAG_FRAMES]
    rises = np.where(rises > _SMALLEST_RISE, rises, np.float32(0))
    frame_rate_hz = sample_rate_hz / hop
    local = max(1, round(_LOCAL_SECONDS * frame_rate_hz))
    groups = [rises[:, :4], rises[:, 8:24], rises, rises[:, :6], rises[:, 6:18], rises[:, 18:]]
    means = np.stack([group.mean(axis=1) for group in groups], axis=1)
    sharp = np.maximum(0, means - smoothed(means, local)).T
    first, last = (max(1, round(hz * window / sample_rate_hz)) for hz in _STROKES_HZ)
    force = np.sqrt(power[:, first : last + 1]).sum(axis=1)
    strokes = np.zeros_like(force)
    strokes[_STROKE_FRAMES:] = np.maximum(0, force[_STROKE_FRAMES:] - force[:-_STROKE_FRAMES])
    return Onsets(sharp[0], sharp[1], sharp[2], sharp[3:], strokes, frame_rate_hz)


def tempo_of(onsets: Onsets) -> Tempo | None:
    """Return the tempo that people would tap; None where no onset repeats."""
    if float(np.percentile(onsets.whole, 99)) < _LEAST_ONSET:
        return None
    longest = round(_LONGEST_BEATS * 60 / SLOWEST_BPM * onsets.frame_rate_hz) + 2
    lags = min(longest, len(onsets.whole) * 2 // 3)
    beat_frames = 60 / _GRID * onsets.frame_rate_hz
    repeats = _repeats(onsets, lags)
    multiples = beat_frames[:, None] * np.arange(1, _LONGEST_BEATS + 1)
    there = multiples < lags - 1
    known = there[:, 1]  # two beats at least must fit twice
    if not known.any():
        return None
    heights = np.interp(multiples, np.arange(lags), repeats) * there
    strength = np.where(known, heights.sum(axis=1) / np.maximum(there.sum(axis=1), 1), 0)
    padded = np.pad(strength, 1, constant_values=-np.inf)
    peaks = np.flatnonzero((strength >= padded[:-2]) & (strength >= padded[2:]) & (strength > 0))
    if len(peaks) == 0:
        return None
    best = peaks[np.argsort(-strength[peaks], kind="stable")][:_CANDIDATES]
    turns = _correlated(onsets.low, onsets.middle, lags)
    scores = [
        np.log(strength[peak])
        + _taste(float(_GRID[peak]), float(beat_frames[peak]), repeats, turns)
        for peak in best
    ]
    chosen = int(best[int(np.argmax(scores))])
    frames = _topped(float(beat_frames[chosen]), repeats, int(there[chosen].sum()))
    after = tuple(_near(repeats, frames * n) for n in range(_LONGEST_BEATS + 1))
    bpm = 60 * onsets.frame_rate_hz / frames
    return Tempo(bpm, float(np.clip(strength[chosen], 0, 1)), after)


def _taste(bpm: float, frames: float, repeats: Floats, turns: Floats) -> float:
    """Return what speaks for a tempo beside its strength."""
    octaves = np.log2(bpm / _PREFERRED_BPM) / _PREFERRED_OCTAVES
    preference = -0.5 * octaves**2
    # A kick on one beat and a snare on the next: low and middle meet a beat later, not at once.
    alternation = _near(turns, frames) - float(turns[:3].max())
    parts = max(_near(repeats, frames / 2), _near(repeats, frames / 3))
    triplet = _near(repeats, frames * 2 / 3)
    return float(
        preference + _TURNS_WEIGHT * alternation + _PARTS_WEIGHT * parts - _TRIPLET_WEIGHT * triplet
    )


def _repeats(onsets: Onsets, lags: int) -> Floats:
    """Return how the onsets correlate with themselves, at once and within bands, [lags]."""
    whole = _correlated(onsets.whole, onsets.whole, lags)
    bands = sum(_correlated(band, band, lags) for band in onsets.bands)
    return np.asarray((whole + 0.3 * bands) / 1.9, dtype=np.float32)


def _correlated(first: Floats, second: Floats, lags: int) -> Floats:
    """Return the mean of both directions of a correlation, for each lag in frames."""
    # Peaks a frame wide would fall between the lags that a tempo asks for.
    first, second = smoothed(first, _SMOOTH_FRAMES), smoothed(second, _SMOOTH_FRAMES)
    length = len(first)
    size = 1 << (2 * length - 1).bit_length()
    spectra = [np.fft.rfft(curve - curve.mean(), size) for curve in (first, second)]
    both_ways = np.fft.irfft((np.conj(spectra[0]) * spectra[1]).real, size)[:lags]
    unbiased = both_ways / (length - np.arange(lags))
    scale = float(first.std()) * float(second.std())
    return np.asarray(unbiased / max(scale, 1e-6), dtype=np.float32)


def _near(curve: Floats, lag: float, spread: float = 0.012) -> float:
    """Return the highest value around a lag."""
    first = min(len(curve) - 1, int(np.floor(lag * (1 - spread))))
    last = min(len(curve) - 1, int(np.ceil(lag * (1 + spread))))
    return float(curve[first : last + 1].max())


def _topped(frames: float, repeats: Floats, multiples: int) -> float:
    """Return a period refined between the steps of the grid, by its multiples."""
    periods = frames * np.linspace(0.99, 1.01, 41)
    lags = periods[:, None] * np.arange(1, multiples + 1)
    heights = np.interp(lags, np.arange(len(repeats)), repeats).sum(axis=1)
    return float(periods[int(np.argmax(heights))])
