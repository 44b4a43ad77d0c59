"""Find loop points: the full-level part of a sound, and places that sound alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.audio.analysis.spectra import log_mel, moving_mean, power_spectrogram, window_samples
from bot.domain.generation import Floats

_FRAME_SECONDS, _WINDOW_SECONDS, _BANDS = 0.01, 0.032, 32
_LEVEL_SECONDS, _HOLD_SECONDS = 0.05, 0.6
_FADED_DB, _OFTEN_PERCENT, _SOFTER_DB = 7.0, 10, 3.0
_CONTEXT_SECONDS = 0.5
_MOST_PLACES = 600
_LEAST_SHARE = 0.4
# The bonus in similarity of a loop as long as the sound.
_LENGTH_WORTH = 0.25
_TUNE_SECONDS, _TUNE_WINDOW_SECONDS = 0.012, 0.06
_NO_CONTEXT = 1.0


@dataclass(frozen=True, slots=True)
class SampleRange:
    """A range of samples, end exclusive."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """The spectra of a sound, frame by frame, by which its places are compared."""

    shown: Floats
    samples_a_frame: int

    @classmethod
    def of(cls, mono: Floats, sample_rate_hz: int) -> Likeness:
        """Measure a sound."""
        window = window_samples(_WINDOW_SECONDS, sample_rate_hz)
        hop = max(1, round(_FRAME_SECONDS * sample_rate_hz))
        shown = log_mel(power_spectrogram(mono, window, hop), window, _BANDS, sample_rate_hz)
        return cls(shown, hop)

    def distance(self, first: int, second: int, whole: SampleRange) -> float:
        """Return how different the surroundings of two places are, within a range; in samples.

        Before both and after both are compared as far as the range has either.
        """
        reach = round(_CONTEXT_SECONDS / _FRAME_SECONDS)
        low, high = (place // self.samples_a_frame for place in (whole.start, whole.stop))
        one, other = (place // self.samples_a_frame for place in (first, second))
        before = max(0, min(reach, one - low))
        after = max(0, min(reach, high - other))
        if before + after < reach // 2:
            return _NO_CONTEXT
        rows = np.arange(-before, after)
        last = len(self.shown) - 1
        difference = (
            self.shown[(one + rows).clip(0, last)] - self.shown[(other + rows).clip(0, last)]
        )
        return float(np.abs(difference).mean())


def find_full_range(mono: Floats, sample_rate_hz: int) -> SampleRange:
    """Return the part without fade-in and fade-out: from the first to the last full level."""
    block = max(1, round(_LEVEL_SECONDS * sample_rate_hz))
    count = len(mono) // block
    if count < 4:
        return SampleRange(0, len(mono))
    power = np.square(mono[: count * block]).reshape(count, block).mean(axis=1)
    hold = min(count, round(_HOLD_SECONDS / _LEVEL_SECONDS))
    held = np.lib.stride_tricks.sliding_window_view(power, hold).max(axis=1)
    loud = np.flatnonzero(power >= np.median(held) * 10 ** (-_FADED_DB / 10))
    # Between two strokes a sound is soft without being faded, but no softer than it often is.
    soft = float(np.percentile(power, _OFTEN_PERCENT)) * 10 ** (-_SOFTER_DB / 10)
    start, stop = int(loud[0]), int(loud[-1]) + 1
    while start > max(0, int(loud[0]) - hold) and power[start - 1] >= soft:
        start -= 1
    while stop < min(count, int(loud[-1]) + hold) and power[stop] >= soft:
        stop += 1
    return SampleRange(start * block, len(mono) if stop == count else stop * block)


def choose_loop(
    likeness: Likeness, candidates: Sequence[tuple[int, int]], whole: SampleRange
) -> tuple[int, int]:
    """Return the loop, as start and end in samples, whose ends are in the most alike places."""
    return min(candidates, key=lambda each: likeness.distance(each[0], each[1], whole))


def find_alike_places(likeness: Likeness, whole: SampleRange, spare: int) -> tuple[int, int]:
    """Return two distant places with the most similar surroundings, in samples.

    `spare` samples are left before the first, for the seam.
    """
    hop = likeness.samples_a_frame
    first, last = (whole.start + spare) // hop, whole.stop // hop
    step = max(1, -(-(last - first) // _MOST_PLACES))
    shown = moving_mean(likeness.shown, 2 * step + 1)[first:last:step]
    places = len(shown)
    if places < 4:
        return whole.start + spare, whole.stop
    reach = max(1, min(round(_CONTEXT_SECONDS / _FRAME_SECONDS / step), places // 8))
    distances = _mean_along_diagonals(_all_distances(shown), reach)
    apart = np.arange(places)[None, :] - np.arange(places)[:, None]
    least = int(np.ceil(_LEAST_SHARE * (whole.stop - whole.start) / hop / step))
    worth = distances - _LENGTH_WORTH * apart / places
    worth[apart < min(least, places - 1)] = np.inf
    one, other = np.unravel_index(int(worth.argmin()), worth.shape)
    return (first + int(one) * step) * hop, (first + int(other) * step) * hop


def _all_distances(shown: Floats) -> Floats:
    """Return how different each place is from each, [places, places]."""
    found = np.empty((len(shown), len(shown)), np.float32)
    for index, row in enumerate(shown):
        found[index] = np.abs(shown - row).mean(axis=1)
    return found


def _mean_along_diagonals(distances: Floats, reach: int) -> Floats:
    """Return the mean over the places so far before and after both, as far as there are any."""
    places = len(distances)
    total = np.zeros_like(distances)
    counts = np.zeros_like(distances)
    for by in range(-reach, reach + 1):
        low, high = max(0, -by), min(places, places - by)
        total[low:high, low:high] += distances[low + by : high + by, low + by : high + by]
        counts[low:high, low:high] += 1
    return np.asarray(total / counts, dtype=np.float32)


def align_end(mono: Floats, start: int, stop: int, sample_rate_hz: int) -> int:
    """Return the end of a loop moved a little, to where the wave is most like that at its start."""
    window = round(_TUNE_WINDOW_SECONDS * sample_rate_hz)
    radius = round(_TUNE_SECONDS * sample_rate_hz)
    window = min(window, start)
    low, high = stop - window - radius, min(len(mono), stop + radius)
    if window < 16 or low < start or high - low <= window:
        return stop
    here = mono[start - window : start].astype(np.float64)
    there = mono[low:high].astype(np.float64)
    size = 1 << (len(there) + window).bit_length()
    product = np.fft.irfft(np.fft.rfft(there, size) * np.conj(np.fft.rfft(here, size)), size)
    shifts = len(there) - window + 1
    energy = np.cumsum(np.concatenate([[0.0], np.square(there)]))
    lengths = np.sqrt(np.maximum(energy[window:] - energy[:-window], 1e-12))[:shifts]
    return low + window + int((product[:shifts] / lengths).argmax())
