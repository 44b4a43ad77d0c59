"""Fades, equal-power crossfades, and loop seams."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis.spectra import QUIETEST, log_mel, window_samples
from bot.audio.editing.segments import join, overlay
from bot.domain.generation import Floats, Samples, Sound

RISE_SECONDS, FALL_SECONDS = 0.005, 0.03
"""How long a sound takes to begin and to end."""

_SIDE_SECONDS = 0.016
_BANDS = 24
_CALM_SECONDS, _CALM_EVERY_SECONDS = (0.015, 0.01), 0.001
_LEAST_ALIKE = -0.5
_LEVEL = 0.1


def fade(sound: Sound, *, fall_seconds: float = FALL_SECONDS, loops: bool = False) -> Sound:
    """Return a sound with fades at its ends, so that it does not click; loops are unchanged."""
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


def crossfade(first: Sound, second: Sound) -> Sound:
    """Return a crossfade between two sounds of the same shape, with constant power.

    Correlated parts add as amplitudes, others as powers, so the gains depend on the correlation.
    """
    frames = first.samples.shape[1]
    place = (np.arange(frames) + 0.5) / max(1, frames) * (np.pi / 2)
    falls, rises = np.cos(place), np.sin(place)
    gains = 1 / np.sqrt(1 + 2 * likeness(first.samples, second.samples) * falls * rises)
    return overlay(_shape(first, falls * gains), _shape(second, rises * gains))


def seal_loop(sound: Sound, start: int, stop: int, *, before: int, after: int, least: int) -> Sound:
    """Return a stretch of a sound with a seamless transition to its own beginning; all in samples.

    Its end is crossfaded over `before` frames into what preceded its beginning. If that is less
    than `least`, what follows its end is crossfaded into its beginning. With neither, the beginning
    is mirrored.
    """
    inside = _part(sound, start, stop)
    length = stop - start
    if before >= least and before > 0:
        lead = _part(sound, start - before, start)
        seam = crossfade(_part(inside, length - before, length), lead)
        return join([_part(inside, 0, length - before), seam])
    if after >= least and after > 0:
        seam = crossfade(_part(sound, stop, stop + after), _part(inside, 0, after))
        return join([seam, _part(inside, after, length)])
    if 0 < least < length:
        mirrored = replace(inside, samples=inside.samples[:, least - 1 :: -1])
        seam = crossfade(_part(inside, length - least, length), mirrored)
        return join([_part(inside, 0, length - least), seam])
    return inside


def _part(sound: Sound, start: int, stop: int) -> Sound:
    return replace(sound, samples=sound.samples[:, start:stop])


def _shape(sound: Sound, gains: NDArray[np.float64]) -> Sound:
    """Return a sound with a gain for each frame."""
    return replace(sound, samples=np.asarray(sound.samples * gains, dtype=np.float32))


def likeness(first: Samples, second: Samples) -> float:
    """Return the correlation of two stretches: 1 for equal, 0 for unrelated ones."""
    product = float((first * second).sum(dtype=np.float64))
    lengths = float(
        np.square(first).sum(dtype=np.float64) * np.square(second).sum(dtype=np.float64)
    )
    if lengths <= 0:
        return 0.0
    # Opposite phases would cancel; no gain can compensate for that.
    return max(_LEAST_ALIKE, product / float(np.sqrt(lengths)))


def find_quiet_place(samples: Samples, place: int, rate_hz: int) -> int:
    """Return the quietest place close to a given one."""
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
    steps = np.abs(log_bands(rows[..., side:], rate_hz) - log_bands(rows[..., :side], rate_hz))
    calmest = int(tried[int(steps.mean(axis=(0, 2)).argmin())])
    waves = np.abs(np.diff(samples[:, calmest - every : calmest + every + 1], axis=1)).max(axis=0)
    return calmest - every + 1 + int(waves.argmin())


def log_bands(rows: Floats, rate_hz: int) -> Floats:
    """Return the log mel spectra of rows of sound [channels, rows, samples], band by band."""
    window = rows.shape[-1]
    taper = np.hanning(window + 1)[:-1].astype(np.float32)
    spectra = np.fft.rfft(rows * (taper / taper.sum()))
    power = (np.square(spectra.real) + np.square(spectra.imag)).astype(np.float32)
    return log_mel(power, window, _BANDS, rate_hz)
