"""What can be told of a clip without a model: its spectra, onsets, chroma, level and key.

Everything is computed at one loudness, so that a gain changes nothing but the level. Sources:
Bello et al. 2005 (spectral flux); Krumhansl 1990 (key profiles).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bot.audio.analysis.spectra import mel_filters

Sound = NDArray[np.float32]
Floats = NDArray[np.float32]

SAMPLE_RATE_HZ = 32_000
HOP = 160
FRAME_RATE_HZ = SAMPLE_RATE_HZ / HOP
MEL_BANDS = 40

_WINDOW = 1024
_LOWEST_HZ, _HIGHEST_HZ = 40.0, 12_000.0
_CHROMA_WINDOW, _CHROMA_HOP = 8192, 3200
_CHROMA_LOWEST_HZ, _CHROMA_HIGHEST_HZ = 100.0, 2000.0
_RMS = 0.1
# 70 dB below a full-scale band at the common loudness: what lies lower is not heard in a mix.
_FLOOR = 1e-7
_FLUX_FRAMES = 3
_ONSET_RISE = 0.1
_ONSET_APART_FRAMES = 8
_LOCAL_FRAMES = 60
_LEVEL_SECONDS = 0.1
_SILENT_DB = -50.0
_CLIPPED = 0.999
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


@dataclass(frozen=True, slots=True)
class Picture:
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


def picture(sound: Sound) -> Picture:
    """Compute the spectra of mono sound at 32 kHz."""
    rms = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    levelled = sound * np.float32(_RMS / max(rms, 1e-5))
    power = powers(levelled, _WINDOW, HOP)
    mel = power @ heard_bands(_WINDOW, MEL_BANDS)
    heard = power[:, 4:320] + np.float32(_FLOOR)
    flatness = np.exp(np.log(heard).mean(axis=1)) / heard.mean(axis=1)
    return Picture(mel, flatness.astype(np.float32), _chroma(levelled))


def powers(sound: Sound, window: int, hop: int) -> Floats:
    """Return the power spectrogram [frames, bins]; a sine of amplitude 1 has a peak of 1/4."""
    padded = np.pad(sound, window // 2)
    rows = sliding_window_view(padded, window)[::hop]
    taper = np.hanning(window + 1)[:-1]
    # In blocks: NumPy transforms in double precision, and a clip's rows at once would be 30 MB.
    blocks = []
    for start in range(0, len(rows), 512):
        spectrum = np.fft.rfft(rows[start : start + 512] * taper) / taper.sum()
        blocks.append((np.square(spectrum.real) + np.square(spectrum.imag)).astype(np.float32))
    return np.concatenate(blocks)


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


def log_mel(mel: Floats) -> Floats:
    """Return mel powers as natural logarithms of amplitude, quiet bands cut off."""
    logarithms: Floats = 0.5 * np.log(mel + np.float32(_FLOOR))
    return logarithms


def flux(mel: Floats) -> Floats:
    """Return how much each band rises at each frame, [frames, bands]."""
    logs = log_mel(mel)
    rises = np.zeros_like(logs)
    rises[_FLUX_FRAMES:] = np.maximum(0, logs[_FLUX_FRAMES:] - logs[:-_FLUX_FRAMES])
    return rises


def sharpened(envelope: Floats) -> Floats:
    """Return what stands out of a novelty curve [frames, ..] against its surroundings."""
    return np.maximum(0, envelope - _smoothed(envelope, _LOCAL_FRAMES))


def onset_frames(mel: Floats) -> NDArray[np.intp]:
    """Return the frames in which something starts."""
    rises = _smoothed(flux(mel).mean(axis=1), 3)
    apart = _ONSET_APART_FRAMES
    padded = np.pad(rises, apart)
    highest = sliding_window_view(padded, 2 * apart + 1).max(axis=1)
    stands_out = rises > _smoothed(rises, _LOCAL_FRAMES) + _ONSET_RISE
    return np.flatnonzero((rises == highest) & stands_out)


def sanity(sound: Sound, shown: Picture | None = None) -> Sanity:
    """Measure what tells music from what is none."""
    shown = shown or picture(sound)
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


def key_scores(chroma: Floats) -> Floats:
    """Return the correlation of a mean chroma with each key's profile, [major or minor, tonic]."""
    profiles = np.array(
        [[np.roll(kind, tonic) for tonic in range(12)] for kind in (_MAJOR, _MINOR)]
    )
    profiles -= profiles.mean(axis=2, keepdims=True)
    centred = chroma - chroma.mean()
    lengths = np.linalg.norm(profiles, axis=2) * max(float(np.linalg.norm(centred)), 1e-9)
    found: Floats = (profiles @ centred / lengths).astype(np.float32)
    return found


def key_of(chroma: Floats) -> Key:
    """Return the key whose profile is closest to a mean chroma."""
    mode, tonic = np.unravel_index(int(np.argmax(key_scores(chroma))), (2, 12))
    return Key(int(tonic), bool(mode))


def _chroma(sound: Sound) -> Floats:
    power = powers(sound, _CHROMA_WINDOW, _CHROMA_HOP)
    # Tones are peaks of the spectrum; drums and noise are what lies between.
    middle = power[:, 1:-1]
    is_peak = (middle > power[:, :-2]) & (middle > power[:, 2:])
    peaks = np.zeros_like(power)
    peaks[:, 1:-1] = np.where(is_peak, np.sqrt(middle), 0)
    steps: Floats = peaks @ _chroma_filters()
    return steps


@cache
def _chroma_filters() -> Floats:
    hz = np.fft.rfftfreq(_CHROMA_WINDOW, 1 / SAMPLE_RATE_HZ)
    in_range = (hz >= _CHROMA_LOWEST_HZ) & (hz <= _CHROMA_HIGHEST_HZ)
    pitch = 69 + 12 * np.log2(np.maximum(hz, 1) / 440)
    distance = (pitch[:, None] - np.arange(12) + 6) % 12 - 6
    filters = np.exp(-0.5 * np.square(distance / 0.3)) * in_range[:, None]
    found: Floats = filters.astype(np.float32)
    return found


def _smoothed(curve: Floats, frames: int) -> Floats:
    """Return the mean of a curve [frames, ..] over so many frames around each."""
    before = frames // 2
    edges = [(before + 1, frames - 1 - before)] + [(0, 0)] * (curve.ndim - 1)
    sums = np.cumsum(np.pad(curve, edges, mode="edge"), axis=0, dtype=np.float64)
    return ((sums[frames:] - sums[:-frames]) / frames).astype(np.float32)
