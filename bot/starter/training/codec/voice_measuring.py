"""How loud the partials and the noise of each recorded note are, and how they fade.

Levels over time are told by three figures for each tone: the logit of its gate when the note
begins and when it has faded, and what is left of the difference after a frame. The noise of a note
is told by one level for each stage of its life.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.starter.training.codec import units
from bot.starter.training.codec.additive import LOUDEST
from bot.starter.training.codec.grain_decoder import TONE_SHUT
from bot.starter.training.codec.grains import HOP, NOISE_LOUDEST, RATE_HZ
from bot.starter.training.codec.oscillators import HIGHEST, LOWEST
from bot.starter.training.data.codebooks import Pitched
from bot.starter.training.data.mixing import SampleBank
from bot.starter.training.data.samples import ZONE, Sound

Reals = NDArray[np.float64]

TONES = HIGHEST - LOWEST + 1
KEEPS = (0.8, 0.88, 0.92, 0.95, 0.965, 0.975, 0.982, 0.988, 0.993)
"""What may be left of a note's fading after a frame."""

_CENTRES = np.array((3, 8, 20, 45, 90, 150))
AGES = np.array((0, 1, 2, 3, 5, 8, 12, 20, 30, 45, 70, 100, 140))
"""The frames after a note's attack whose levels are told."""

_WEIGHTS = np.array((1, 1, 1, 1, 1.5, 2, 2, 2.5, 2.5, 2, 1.2, 0.6, 0.3))
_WINDOW, _SIZE, _SHORT = 4096, 16_384, 1024
_PARTIALS, _HIGHEST_HZ = 80, 15_000.0
_HIGHEST_TONE_HZ = 440 * 2 ** ((HIGHEST + 0.5 - 69) / 12)
_BINS, _SPREAD = 9, 0.01
_TEMPERED, _MISTUNED = 0.35, 0.6
_RISING = 3
_HEARD = -6.5


@dataclass(frozen=True, slots=True)
class Measured:
    """A recording: partials [centres, partials] and noise [1 + centres, bands], and its rise."""

    partials: Reals
    noise: Reals
    rise: Reals


@dataclass(frozen=True, slots=True)
class Fading:
    """All states of a codebook: logits [states, tones], and what stays of their difference.

    Logits are those of levels against `gains`; a tone that isn't heard is `TONE_SHUT`.
    """

    begun: Reals
    faded: Reals
    keeps: Reals


def measure(sound: Sound, pitch: int) -> Measured:
    """Measure a recorded note."""
    held = np.zeros(int(_CENTRES[-1] + 10) * HOP + _WINDOW)
    held[: min(len(sound), len(held))] = sound[: len(held)]
    window, hz = np.hanning(_WINDOW), np.fft.rfftfreq(_SIZE, 1 / RATE_HZ)
    pitch_hz = 440 * 2 ** ((pitch - 69) / 12)
    partials = np.zeros((len(_CENTRES), _PARTIALS))
    noise = np.zeros((1 + len(_CENTRES), units.BANDS))
    for row, centre in enumerate(_CENTRES):
        start = max(0, int(centre) * HOP - _WINDOW // 2)
        spectrum = np.abs(np.fft.rfft(held[start : start + _WINDOW] * window, _SIZE))
        rest = 2 * np.square(spectrum) / (_SIZE * np.square(window).sum())
        for partial in range(1, _PARTIALS + 1):
            exact = pitch_hz * partial
            if exact > min(_HIGHEST_HZ, _HIGHEST_TONE_HZ):
                break
            near = max(4.0, min(0.03 * exact, 0.4 * pitch_hz) * _SIZE / RATE_HZ)
            first = max(0, int(exact * _SIZE / RATE_HZ - near))
            peak = first + int(spectrum[first : first + 2 * int(near) + 2].argmax())
            # All of what is around the peak: vibrato and detuned strings spread a partial.
            wide = max(_BINS, round(_SPREAD * exact * _SIZE / RATE_HZ))
            around = slice(max(0, peak - wide), peak + wide + 1)
            partials[row, partial - 1] = math.sqrt(2 * rest[around].sum())
            rest[around] = 0
        noise[row + 1] = _bands(rest, hz)
    noise[0] = _attack(held)
    noise[0, : units.BANDS // 2] = noise[1, : units.BANDS // 2]
    rise = np.sqrt(np.square(held[: 5 * HOP].reshape(5, HOP)).mean(1))
    rise = np.minimum(rise / (np.sqrt(np.square(rise[2:]).mean()) + 1e-6), 1.6)
    return Measured(partials, noise, rise)


def _attack(held: Reals) -> Reals:
    window = np.hanning(_SHORT)
    padded = np.pad(held[: 2 * HOP], (_SHORT, 0))
    starts = [_SHORT // 2 + 160 + part * 160 for part in range(3)]
    power = [np.square(np.abs(np.fft.rfft(padded[s : s + _SHORT] * window))) for s in starts]
    scaled = 2 * np.mean(power, axis=0) / (_SHORT * np.square(window).sum())
    return _bands(scaled, np.fft.rfftfreq(_SHORT, 1 / RATE_HZ))


def _bands(power: Reals, hz: Reals) -> Reals:
    pairs = pairwise(units.BAND_EDGES_HZ)
    return np.array([math.sqrt(power[(hz >= low) & (hz < high)].sum()) for low, high in pairs])


def tone_levels(found: Measured, pitch: int, level: float) -> tuple[Reals, Reals]:
    """Return a note's levels of tones [ages, tones] and noise [ages, bands], shares of loudest."""
    partials, noise = _over_ages(found.partials), _over_ages(found.noise[1:])
    partials[:_RISING] *= found.rise[:_RISING, None]
    noise[:_RISING] *= found.rise[:_RISING, None]
    noise[0] = found.noise[0]
    power = np.zeros((len(AGES), TONES))
    for partial in range(1, _PARTIALS + 1):
        exact = pitch + 12 * math.log2(partial)
        tone = round(exact) - LOWEST
        if tone >= TONES:
            break
        if tone >= 0:
            share = 1.0 if abs(exact - round(exact)) <= _TEMPERED else _MISTUNED
            power[:, tone] += np.square(share * partials[:, partial - 1])
    return np.sqrt(power) * level / LOUDEST, noise * level / NOISE_LOUDEST


def _over_ages(levels: Reals) -> Reals:
    place = np.interp(np.log1p(AGES), np.log1p(_CENTRES), np.arange(len(_CENTRES)))
    first = np.minimum(place.astype(int), len(_CENTRES) - 2)
    share, logs = (place - first)[:, None], np.log(levels + 1e-6)
    return np.asarray(np.exp((1 - share) * logs[first] + share * logs[first + 1]))


def measure_states(
    bank: SampleBank, layout: Pitched, level: float, known: dict[str, Measured]
) -> tuple[Reals, Reals]:
    """Return the levels [states, ages, ...] of all states of a codebook; `known` is filled."""
    found = []
    for state in range(layout.states):
        meaning = layout.meaning(layout.code(state, 0))
        assert meaning is not None
        instrument, pitch, _ = meaning
        recorded = round(pitch / ZONE) * ZONE
        key = f"{instrument}/{recorded}"
        if key not in known:
            known[key] = measure(bank.sound((instrument, recorded, False)), recorded)
        found.append(tone_levels(known[key], pitch, level))
    return np.stack([tones for tones, _ in found]), np.stack([noise for _, noise in found])


def loudest_tones(levels: Mapping[int, Reals]) -> Reals:
    """Return for each tone the level that hardly any note goes beyond."""
    most = np.concatenate([each.max(1) for each in levels.values()])
    gains = np.full(TONES, 0.1)
    for tone in range(TONES):
        heard = most[most[:, tone] > 0.003, tone]
        if len(heard) > 5:
            gains[tone] = 1.15 * np.quantile(heard, 0.98)
    return np.convolve(np.pad(gains, 2, mode="edge"), np.ones(5) / 5, "valid")


def noise_of_stages(noise: Reals, layout: Pitched) -> Reals:
    """Return the noise [states, stages, bands] of levels [states, ages, bands]: means over ages."""
    found = []
    for first, last in pairwise((*layout.ages, int(AGES[-1]) + 1)):
        inside = (first <= AGES) & (last > AGES)
        weights = _WEIGHTS[inside] / _WEIGHTS[inside].sum()
        found.append(np.einsum("sab,a->sb", noise[:, inside], weights))
    return np.stack(found, 1)


def fit_fading(tones: Reals, gains: Reals) -> Fading:
    """Fit how levels [states, ages, ...] fade, by least squares for each of the usual speeds."""
    share = np.clip(tones / gains, 1e-6, 0.975)
    logits = np.log(share / (1 - share))
    heard = logits.max(1) > _HEARD
    logits = np.maximum(logits, TONE_SHUT)
    weights = (0.1 + share.max(1)) * heard
    least = np.full(len(tones), np.inf)
    ends, keeps = np.zeros((len(tones), 2, TONES)), np.zeros(len(tones))
    for keep in KEEPS:
        basis = np.stack([keep**AGES, 1 - keep**AGES], 1)
        solve = np.linalg.pinv(basis * np.sqrt(_WEIGHTS)[:, None]) * np.sqrt(_WEIGHTS)
        found = np.clip(np.einsum("ka,sat->skt", solve, logits), TONE_SHUT, 4.5)
        wrong = np.square(np.einsum("ak,skt->sat", basis, found) - logits)
        error = ((wrong * _WEIGHTS[:, None]).sum(1) * weights).sum(1)
        better = error < least
        least[better], ends[better], keeps[better] = error[better], found[better], keep
    ends = np.where(heard[:, None], ends, TONE_SHUT)
    return Fading(ends[:, 0], ends[:, 1], keeps)
