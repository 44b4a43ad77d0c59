"""What can be told of a clip without a model: its spectra, onsets, chroma, level and key.

Everything is computed at one loudness, so that a gain changes nothing but the level. Spectra,
onsets, chroma and keys are those of the bot's own analysis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bot.audio.analysis.key import PROFILES, correlate_profiles
from bot.audio.analysis.onsets import spectral_flux
from bot.audio.analysis.spectra import (
    log_amplitude,
    mel_filters,
    moving_mean,
    power_spectrogram,
)
from bot.audio.analysis.tones import chroma, find_tones
from bot.domain.generation import Floats

Sound = NDArray[np.float32]

SAMPLE_RATE_HZ = 32_000
HOP = 160
ANALYSIS_FRAME_RATE_HZ = SAMPLE_RATE_HZ / HOP
MEL_BANDS = 40

_WINDOW = 1024
_LOWEST_HZ, _HIGHEST_HZ = 40.0, 12_000.0
_RMS = 0.1
# 70 dB below a full-scale band at the common loudness: what lies lower is not heard in a mix.
_FLOOR = 1e-7
_FLUX_FRAMES = 3
_ONSET_RISE = 0.1
_ONSET_APART_FRAMES = 8
LOCAL_FRAMES = 60
_LEVEL_SECONDS = 0.1
_SILENT_DB = -50.0
_CLIPPED = 0.999
_SPREAD_SEMITONES = 0.3


@dataclass(frozen=True, slots=True)
class ClipSpectra:
    """The spectra of a clip: mel powers [frames, bands], flatness [frames], chroma [steps, 12]."""

    mel: Floats
    flatness: Floats
    chroma: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanity:
    """The figures that tell music from silence, noise, drones and overload."""

    level_db: float
    clipped_share: float
    silent_share: float
    onsets_per_second: float
    flatness_db: float
    chroma_bits: float


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic as a pitch class, and whether its mode is minor."""

    tonic: int
    is_minor: bool


def measure_spectra(sound: Sound) -> ClipSpectra:
    """Compute the spectra of mono sound at 32 kHz."""
    rms = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    levelled = sound * np.float32(_RMS / max(rms, 1e-5))
    power = power_spectrogram(levelled, _WINDOW, HOP)
    mel = power @ heard_bands(_WINDOW, MEL_BANDS)
    heard = power[:, 4:320] + np.float32(_FLOOR)
    flatness = np.exp(np.log(heard).mean(axis=1)) / heard.mean(axis=1)
    return ClipSpectra(mel, flatness.astype(np.float32), _chroma(levelled))


@cache
def heard_bands(window: int, bands: int) -> Floats:
    """Return the mel filters [bins, bands] of what is measured."""
    return mel_filters(
        window,
        bands,
        sample_rate_hz=SAMPLE_RATE_HZ,
        lowest_hz=_LOWEST_HZ,
        highest_hz=_HIGHEST_HZ,
    )


def mel_flux(mel: Floats) -> Floats:
    """Return how much each mel band rises at each frame, [frames, bands]."""
    return spectral_flux(log_amplitude(mel), _FLUX_FRAMES)


def onset_frames(mel: Floats) -> NDArray[np.intp]:
    """Return the frames in which something starts."""
    rises = moving_mean(mel_flux(mel).mean(axis=1), 3)
    apart = _ONSET_APART_FRAMES
    padded = np.pad(rises, apart)
    highest = sliding_window_view(padded, 2 * apart + 1).max(axis=1)
    stands_out = rises > moving_mean(rises, LOCAL_FRAMES) + _ONSET_RISE
    return np.flatnonzero((rises == highest) & stands_out)


def _chroma(levelled: Sound) -> Floats:
    """Return the strength of each pitch class in each step of 0.1 s, [steps, 12]."""
    return chroma(find_tones(levelled, SAMPLE_RATE_HZ), _SPREAD_SEMITONES).astype(np.float32)


def measure_sanity(sound: Sound, shown: ClipSpectra | None = None) -> Sanity:
    """Measure what tells music from what is none."""
    shown = shown or measure_spectra(sound)
    window = round(_LEVEL_SECONDS * SAMPLE_RATE_HZ)
    whole = sound[: len(sound) // window * window].reshape(-1, window)
    levels_db = decibels(np.square(whole, dtype=np.float64).mean(axis=1))
    return Sanity(
        level_db=float(decibels(np.square(sound, dtype=np.float64).mean())),
        clipped_share=float((np.abs(sound) >= _CLIPPED).mean()),
        silent_share=float((levels_db < _SILENT_DB).mean()),
        onsets_per_second=len(onset_frames(shown.mel)) * SAMPLE_RATE_HZ / len(sound),
        flatness_db=float(decibels(shown.flatness).mean()),
        chroma_bits=entropy_bits(shown.chroma.mean(axis=0)),
    )


def decibels(power: NDArray[Any]) -> NDArray[Any]:
    """Return a power in decibels, -100 for nothing at all."""
    found: NDArray[Any] = 10 * np.log10(np.maximum(power, 1e-10))
    return found


def entropy_bits(weights: Floats) -> float:
    """Return the entropy of a distribution; its weights need not sum to 1."""
    total = float(weights.sum())
    if total <= 0:
        return 0.0
    shares = weights[weights > 0] / total
    return float(-(shares * np.log2(shares)).sum())


def key_of(classes: Floats) -> Key:
    """Return the key whose profile is closest to a mean chroma [12]."""
    mode, tonic = np.unravel_index(int(correlate_profiles(classes, PROFILES).argmax()), (2, 12))
    return Key(int(tonic), bool(mode))
