"""Seams: how two stretches of sound go over into each other, and whether that is heard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bot.audio.analysis.spectra import QUIETEST, log_mel, window_samples
from bot.domain.generation import Floats, Samples, Sound

RISE_SECONDS, FALL_SECONDS = 0.005, 0.03
"""How long a sound takes to begin and to end."""

_SIDE_SECONDS, _PLACES_A_SIDE = 0.016, 4
_BANDS = 24
# Nobody hears a smaller step of the logarithms, not even in a sine.
_SMALLEST_STEP = 0.05
_CALM_SECONDS, _CALM_EVERY_SECONDS = (0.015, 0.01), 0.001
_TYPICAL_PERCENT = 95
_LEAST_ALIKE = -0.5
_LEVEL = 0.1


def faded(sound: Sound, *, fall_seconds: float = FALL_SECONDS, loops: bool = False) -> Sound:
    """Return a sound that rises and falls so that it does not click; a loop stays as it is."""
    if loops:
        return sound
    samples = np.array(sound.samples, dtype=np.float32)
    length = samples.shape[1]
    rise, fall = (
        # Half a cosine: it begins and ends flat.
        0.5 - 0.5 * np.cos(np.pi * np.arange(frames, dtype=np.float32) / max(1, frames))
        for frames in (
            min(length // 2, round(seconds * sound.sample_rate_hz))
            for seconds in (RISE_SECONDS, fall_seconds)
        )
    )
    samples[:, : len(rise)] *= rise
    samples[:, length - len(fall) :] *= fall[::-1]
    return replace(sound, samples=samples)


def crossfaded(first: Samples, second: Samples) -> Samples:
    """Return one stretch going over into another of the same shape, its power even throughout.

    Both are [channels, frames]. What is alike in both adds up as amplitudes and what is not as
    powers, so the gains depend on how alike they are.
    """
    frames = first.shape[1]
    place = (np.arange(frames) + 0.5) / max(1, frames) * (np.pi / 2)
    falls, rises = np.cos(place), np.sin(place)
    gains = 1 / np.sqrt(1 + 2 * likeness(first, second) * falls * rises)
    return np.asarray(first * (falls * gains) + second * (rises * gains), dtype=np.float32)


def sealed(
    samples: Samples, start: int, stop: int, *, before: int, after: int, least: int
) -> Samples:
    """Return a stretch of a sound that goes over into its own beginning.

    Its end goes over into what came before its beginning, over `before` frames, and so leads into
    it as it did there. Where that is less than `least`, what comes after its end goes over into its
    beginning. Where neither is there, the beginning is mirrored to lead into itself.
    """
    inside = np.array(samples[:, start:stop], dtype=np.float32)
    if before >= least and before > 0:
        lead = samples[:, start - before : start]
        inside[:, -before:] = crossfaded(inside[:, -before:], lead)
    elif after >= least and after > 0:
        inside[:, :after] = crossfaded(samples[:, stop : stop + after], inside[:, :after])
    elif 0 < least < inside.shape[1]:
        mirrored = inside[:, least - 1 :: -1].copy()
        inside[:, -least:] = crossfaded(inside[:, -least:], mirrored)
    return inside


def likeness(first: Samples, second: Samples) -> float:
    """Return how alike two stretches are as waves, 1 for the same and 0 for strangers."""
    product = float((first * second).sum(dtype=np.float64))
    lengths = float(
        np.square(first).sum(dtype=np.float64) * np.square(second).sum(dtype=np.float64)
    )
    if lengths <= 0:
        return 0.0
    # Opposites would cancel out: no gain brings back what is gone.
    return max(_LEAST_ALIKE, product / float(np.sqrt(lengths)))


def calm_place(samples: Samples, place: int, rate_hz: int) -> int:
    """Return where, a moment before or after a place, a sound changes least."""
    side = window_samples(_SIDE_SECONDS, rate_hz)
    every = max(1, round(_CALM_EVERY_SECONDS * rate_hz))
    early, late = (round(seconds * rate_hz / every) for seconds in _CALM_SECONDS)
    tried = place + every * np.arange(-early, late + 1)
    tried = tried[(tried >= side) & (tried + side <= samples.shape[1])]
    level = float(np.sqrt(np.square(samples).mean(dtype=np.float64)))
    if len(tried) == 0 or level < QUIETEST:
        return place
    even = samples * np.float32(_LEVEL / level)
    rows = np.stack([even[:, at - side : at + side] for at in tried], axis=1)
    steps = np.abs(_shown(rows[..., side:], rate_hz) - _shown(rows[..., :side], rate_hz))
    calmest = int(tried[int(steps.mean(axis=(0, 2)).argmin())])
    waves = np.abs(np.diff(samples[:, calmest - every : calmest + every + 1], axis=1)).max(axis=0)
    return calmest - every + 1 + int(waves.argmin())


def seam_step(sound: Sound) -> tuple[float, float]:
    """Return how large the step is from a sound's end to its beginning, as (spectrum, wave).

    Each is measured against the same sound: 1 is as large as its own steps get, but for the
    largest twentieth. A clip that repeats without a bump has neither above 1.
    """
    samples, rate_hz = sound.samples, sound.sample_rate_hz
    side = window_samples(_SIDE_SECONDS, rate_hz)
    if samples.shape[1] < 4 * side or float(np.abs(samples).max(initial=0.0)) < QUIETEST:
        return 0.0, 0.0
    return _spectral(samples, side, rate_hz), _wave(samples)


def _spectral(samples: Samples, side: int, rate_hz: int) -> float:
    """Compare the spectra of what lies on either side of a place, all along and at the seam."""
    level = float(np.sqrt(np.square(samples).mean(dtype=np.float64)))
    even = samples * np.float32(_LEVEL / level)
    rows = sliding_window_view(even, side, axis=1)[:, :: side // _PLACES_A_SIDE]
    shown = _shown(rows, rate_hz)
    steps = np.abs(shown[:, _PLACES_A_SIDE:] - shown[:, :-_PLACES_A_SIDE]).mean(axis=(0, 2))
    ends = _shown(np.stack([even[:, -side:], even[:, :side]], axis=1), rate_hz)
    seam = float(np.abs(ends[:, 1] - ends[:, 0]).mean())
    typical = float(np.percentile(steps, _TYPICAL_PERCENT))
    return seam / max(typical, _SMALLEST_STEP)


def _shown(rows: Floats, rate_hz: int) -> Floats:
    """Return rows of sound [channels, rows, samples] as logarithms of amplitude in bands."""
    window = rows.shape[-1]
    taper = np.hanning(window + 1)[:-1].astype(np.float32)
    spectra = np.fft.rfft(rows * (taper / taper.sum()))
    power = (np.square(spectra.real) + np.square(spectra.imag)).astype(np.float32)
    return log_mel(power, window, _BANDS, rate_hz)


def _wave(samples: Samples) -> float:
    """Compare the step of the wave at the seam with the steps within."""
    steps = np.abs(np.diff(samples, axis=1)).max(axis=0)
    seam = float(np.abs(samples[:, 0] - samples[:, -1]).max())
    typical = float(np.percentile(steps, _TYPICAL_PERCENT))
    return seam / max(typical, QUIETEST)
