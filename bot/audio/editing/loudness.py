"""Measure the loudness of clips, and level them.

Implemented here, since starting ffmpeg would take longer than the rest of packing. Source: EBU R
128 and ITU-R BS.1770-4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import soxr
from numpy.typing import NDArray

from bot.audio.editing.k_weighting import step_powers
from bot.audio.editing.segments import amplify
from bot.domain.generation import Sound

TARGET_LUFS = -14.0
"""What music services play at."""

MOST_DBTP = -1.0
"""No peak is higher, not even between the samples."""

# Headroom for peaks that lossy formats add.
_CEILING_DBTP = -1.6
_MOST_LIMITED_DB = 6.0
_STEPS_IN_BLOCK = 4
_SILENT_LUFS = -70.0
_QUIETER_LU = 10.0
_FULL_SCALE_LUFS = -0.691
_FINER = 4
_BLOCK_SECONDS = 0.001
_LOOKAHEAD_BLOCKS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """The loudness of a sound; `lufs` is None for silence and very short sounds."""

    lufs: float | None
    peak_dbtp: float


def measure(sound: Sound) -> Loudness:
    """Return integrated loudness and true peak of a sound.

    The mean over blocks of 0.4 s, gated as in the standard.
    """
    powers = step_powers(sound)
    if len(powers) < _STEPS_IN_BLOCK:
        return Loudness(lufs=None, peak_dbtp=peak_dbtp(sound))
    blocks = np.lib.stride_tricks.sliding_window_view(powers, _STEPS_IN_BLOCK).mean(axis=1)
    loud = blocks[blocks > _power(_SILENT_LUFS)]
    if loud.size:
        loud = loud[loud > loud.mean() * 10 ** (-_QUIETER_LU / 10)]
    lufs = _FULL_SCALE_LUFS + 10 * float(np.log10(loud.mean())) if loud.size else None
    return Loudness(lufs=lufs, peak_dbtp=peak_dbtp(sound))


def peak_dbtp(sound: Sound) -> float:
    """Return the true peak in dB, including peaks between samples."""
    return _db(float(_frame_peaks(sound).max(initial=0.0)))


def level(sound: Sound, target_lufs: float = TARGET_LUFS) -> Sound:
    """Return a sound at a loudness, with peaks limited below MOST_DBTP (look-ahead limiter).

    If the limiter would have to do too much, the sound stays a little quieter.
    """
    found = measure(sound)
    if found.lufs is None:
        return _limit(sound)
    gain_db = target_lufs - found.lufs
    gain_db = min(gain_db, _CEILING_DBTP + _MOST_LIMITED_DB - found.peak_dbtp)
    return _limit(amplify(sound, gain_db))


def level_together(
    mix: Sound, parts: Sequence[Sound], target_lufs: float = TARGET_LUFS
) -> tuple[Sound, list[Sound]]:
    """Return a mix at a loudness and its parts with the same gain, so that they still add up.

    No limiter, which would change the balance: peaks reduce the gain of everything.
    """
    found = measure(mix)
    highest = max([found.peak_dbtp, *(peak_dbtp(part) for part in parts)])
    gain_db = _CEILING_DBTP - highest
    if found.lufs is not None:
        gain_db = min(gain_db, target_lufs - found.lufs)
    else:
        gain_db = min(gain_db, 0.0)  # silence stays silence
    return amplify(mix, gain_db), [amplify(part, gain_db) for part in parts]


def _limit(sound: Sound) -> Sound:
    """Hold the peaks below the ceiling; the gain falls before a peak comes and rises after it.

    The least gain of a stretch is taken, then the mean over as long a one: it is smooth and never
    above what a peak in its middle needs.
    """
    ceiling = 10 ** (_CEILING_DBTP / 20)
    block = max(1, round(_BLOCK_SECONDS * sound.sample_rate_hz))
    peaks = _block_peaks(sound, block)
    if peaks.max(initial=0.0) <= ceiling:
        return sound
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    around = 2 * _LOOKAHEAD_BLOCKS + 1
    # A block wider, for the gain of a sample lies between those of two blocks.
    padded = np.pad(needed, 2 * _LOOKAHEAD_BLOCKS + 1, constant_values=1.0)
    least = np.lib.stride_tricks.sliding_window_view(padded, around + 2).min(axis=1)
    smooth = np.lib.stride_tricks.sliding_window_view(least, around).mean(axis=1)
    frames = np.arange(sound.samples.shape[1])
    middles = (np.arange(len(smooth)) + 0.5) * block
    gain = np.interp(frames, middles, smooth).astype(np.float32)
    return replace(sound, samples=sound.samples * gain)


def _block_peaks(sound: Sound, block: int) -> NDArray[np.float64]:
    """Return the true peak of each block of frames."""
    heights = _frame_peaks(sound)
    count = -(-len(heights) // block)
    padded = np.pad(heights, (0, count * block - len(heights)))
    peaks: NDArray[np.float64] = padded.reshape(count, block).max(axis=1).astype(np.float64)
    return peaks


def _frame_peaks(sound: Sound) -> NDArray[np.float32]:
    """Return how high each frame is, at its samples and between it and the next."""
    rate_hz = sound.sample_rate_hz
    frames = sound.samples.shape[1]
    finer = soxr.resample(sound.samples.T, rate_hz, _FINER * rate_hz, quality="HQ")
    between = np.zeros(frames * _FINER, np.float32)
    between[: len(finer)] = np.abs(finer).max(axis=1, initial=0.0)[: len(between)]
    # The filter takes a little off what is right at the edge of what can be heard.
    own = np.abs(sound.samples).max(axis=0, initial=0.0)
    heights: NDArray[np.float32] = np.maximum(own, between.reshape(frames, _FINER).max(axis=1))
    return heights


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _FULL_SCALE_LUFS) / 10))


def _db(level: float) -> float:
    return 20 * float(np.log10(max(level, 1e-9)))
