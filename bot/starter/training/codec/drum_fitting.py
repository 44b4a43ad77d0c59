"""Drums without training: their low beginnings as waveforms, all else as bands of noise that fade.

What of the recordings lies below some 350 Hz is written as mixtures of a few waveforms, their
principal components over the first frames; what is left, frame by frame, as the level of each
band of noise. Levels in the frame of a stroke are told one by one. Those after it are sums of
tails: each has a spectrum and fades at a rate of its own, and how much of each tail a drum has is
not negative.

Sources: doi 10.1038/44565 (non-negative factors), arXiv 1010.1763 (its multiplicative updates for
other divergences than the Euclidean).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.starter.composer.reverb import add_reverb
from bot.starter.training.codec import units
from bot.starter.training.codec.decoder_inputs import TAIL_KEEPS
from bot.starter.training.codec.drum_polishing import played_strokes, polish_tails
from bot.starter.training.codec.grains import HOP, NOISE_LOUDEST, RATE_HZ
from bot.starter.training.codec.latent_layout import DRUM_DIMENSIONS, vector_dimensions
from bot.starter.training.data.codebooks import CODES, DRUMS, RINGING, DrumSet, drum_codes
from bot.starter.training.data.mixing import DRUM_LEVEL, WETNESS, SampleBank

Floats = NDArray[np.float32]

_STROKE_SEED = 9_200_000
_FRAMES = 64
_SAMPLES = 64_000
_LOW_HZ = 350.0
_LOUDER_AT_MOST = 2.0
_WINDOW = 1024
_FLOOR = 1e-4
_STEP = 0.7

Drum = tuple[int, int, bool]


@dataclass(frozen=True, slots=True)
class DrumFit:
    """The vectors of all drum codes, and what the decoder makes of them (see `Amounts`).

    What vectors say of noise are shares of `NOISE_LOUDEST`.
    """

    vectors: Floats
    tails: Floats
    waves: Floats
    wave_grains: Floats


def fit_drums(bank: SampleBank, steps: int, pieces: int) -> DrumFit:
    """Fit vectors and decoder to recordings; `steps` polish them on strokes of so many pieces."""
    sets = drum_codes().sets
    usage = _usage(sets)
    drums = sorted(usage)
    sounds = np.stack([_sound(bank, drum) for drum in drums])
    weights = np.array([usage[drum] for drum in drums])
    weights /= weights.sum()
    low = _below(sounds)[:, : units.WAVE_FRAMES * HOP]
    low[:, -HOP // 2 :] *= np.linspace(1, 0, HOP // 2, dtype=np.float32)
    basis = np.linalg.svd(low * np.sqrt(weights)[:, None], full_matrices=False)[2][: units.WAVES]
    written = np.zeros_like(sounds)
    written[:, : low.shape[1]] = _as_loud(low @ basis.T, low) @ basis
    levels = band_levels(sounds, written) / NOISE_LOUDEST
    shares, tails = _factors(levels[:, 1:], weights)
    numbers = {drum: number for number, drum in enumerate(drums)}
    members = [[numbers[kit, *stroke] for stroke in strokes] for kit, strokes in sets]
    together = np.stack([np.sqrt(np.square(levels[each]).sum(0)) for each in members])
    begun = np.stack([shares[each].sum(0) + 1e-3 for each in members])
    own = _shares(together[:, 1:], begun, tails, 60)
    strokes = played_strokes(pieces, _STROKE_SEED)
    hit, own, tails = polish_tails(together, own, tails, strokes, steps)
    struck = np.stack([low[each].sum(0) for each in members])
    written = _as_loud(struck @ basis.T, struck)
    size = float(np.sqrt(np.square(written).mean()))
    vectors = np.zeros((CODES, len(vector_dimensions(DRUMS))), np.float32)
    first = 1 + len(RINGING)
    rows = slice(first, first + len(sets))
    vectors[rows, : units.TAILS] = own
    vectors[rows, units.TAILS : DRUM_DIMENSIONS] = written / size
    vectors[rows, DRUM_DIMENSIONS:] = hit
    waves, grains = _shared_grains(basis * size, struck @ basis.T / size)
    return DrumFit(vectors, tails.astype(np.float32), waves, grains)


def _usage(sets: Sequence[DrumSet]) -> Mapping[Drum, float]:
    """Return how often each drum is struck, roughly: the sets come in the order of theirs."""
    usage: dict[Drum, float] = {}
    for number, (kit, strokes) in enumerate(sets):
        for pitch, is_ghost in strokes:
            drum = kit, pitch, is_ghost
            usage[drum] = usage.get(drum, 0.0) + 1 / (number + 10)
    return usage


def _sound(bank: SampleBank, drum: Drum) -> Floats:
    kit, pitch, is_ghost = drum
    recorded = bank.sound((str(kit), pitch, is_ghost))[:_SAMPLES] * np.float32(DRUM_LEVEL)
    padded = np.zeros(_SAMPLES, np.float32)
    padded[: len(recorded)] = recorded
    return add_reverb(padded, WETNESS["drums"], RATE_HZ)


def _below(sounds: Floats) -> Floats:
    """Return what is low of sounds, by a causal filter: nothing sounds before it is struck."""
    size = 2 * _SAMPLES
    place = 1j * np.fft.rfftfreq(size, 1 / RATE_HZ) / _LOW_HZ
    filtered = np.fft.rfft(sounds, size) / (place**2 + np.sqrt(2) * place + 1) ** 2
    low: Floats = np.fft.irfft(filtered, size)[:, :_SAMPLES].astype(np.float32)
    return low


def _as_loud(mixtures: Floats, sounds: Floats) -> Floats:
    """Make up in level for what the waveforms can't write, if it is not most of it."""
    wanted = np.square(sounds).sum(1)
    louder = np.sqrt(wanted / np.maximum(np.square(mixtures).sum(1), 1e-12))
    scaled: Floats = mixtures * np.minimum(louder, _LOUDER_AT_MOST)[:, None]
    return scaled


def band_levels(sounds: Floats, written: Floats) -> NDArray[np.float64]:
    """Return the level of what is not written yet, [sounds, frames, bands]."""
    window = np.hanning(_WINDOW)
    hz = np.fft.rfftfreq(_WINDOW, 1 / RATE_HZ)
    edges = pairwise(units.BAND_EDGES_HZ)
    bands = np.stack([(hz >= low) & (hz < high) for low, high in edges], 1)
    levels = np.zeros((len(sounds), _FRAMES, units.BANDS))
    for frame in range(_FRAMES):
        power = []
        for each in (sounds, written):
            around = np.pad(each, ((0, 0), (_WINDOW, _WINDOW)))
            starts = [frame * HOP + part * HOP // 4 + 80 + _WINDOW // 2 for part in range(4)]
            # Before a stroke there is nothing: its beginning is as loud as what is in the window.
            spectra = [
                np.fft.rfft(around[:, s : s + _WINDOW] * window) / _share_after(window, _WINDOW - s)
                for s in starts
            ]
            power.append(np.mean([np.square(np.abs(s)) for s in spectra], axis=0) @ bands)
        left = np.maximum(power[0] - power[1], 0.01 * power[0])
        levels[:, frame] = np.sqrt(2 * left / (_WINDOW * np.square(window).sum()))
    return levels


def _share_after(window: NDArray[np.float64], place: int) -> float:
    """Return the root of the share of a window's power that is not before a place."""
    return float(np.sqrt(np.square(window[max(0, place) :]).sum() / np.square(window).sum()))


def _factors(
    levels: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much each drum has of each tail, and the tails' spectra."""
    random = np.random.default_rng(0)
    shares = random.uniform(0.5, 1, (len(levels), units.TAILS))
    tails = random.uniform(0.5, 1, (units.TAILS, units.BANDS)) * levels.mean()
    faded = _fading()
    often = np.sqrt(weights / weights.mean())[:, None, None]
    for _ in range(200):
        shares = _shares(levels, shares, tails, 1)
        made = np.einsum("sk,kb,kt->stb", shares, tails, faded, optimize=True) + _FLOOR
        more = (levels + _FLOOR) / made**1.5 * often
        less = made**-0.5 * often
        up, down = (
            np.einsum("stb,sk,kt->kb", each, shares, faded, optimize=True) for each in (more, less)
        )
        tails = tails * (up / (down + 1e-12)) ** _STEP
    most = shares.max(0)
    return shares / most, tails * most[:, None]


def _shares(
    levels: NDArray[np.float64], shares: NDArray[np.float64], tails: NDArray[np.float64], steps: int
) -> NDArray[np.float64]:
    """Bring shares nearer to levels, with the tails as they are."""
    basis = (tails[:, None, :] * _fading()[:, :, None]).reshape(units.TAILS, -1)
    goal = levels.reshape(len(levels), -1) + _FLOOR
    for _ in range(steps):
        made = shares @ basis + _FLOOR
        up, down = goal / made**1.5 @ basis.T, made**-0.5 @ basis.T
        shares = shares * (up / (down + 1e-12)) ** _STEP
    return shares


def _fading() -> NDArray[np.float64]:
    return np.asarray(np.array(TAIL_KEEPS)[:, None] ** np.arange(1, _FRAMES))


def _shared_grains(basis: Floats, amounts: Floats) -> tuple[Floats, Floats]:
    """Return waveforms of several frames as mixtures of grains of one frame, and the grains."""
    pieces = basis.reshape(-1, HOP)
    often = np.sqrt(np.square(amounts).mean(0)).repeat(units.WAVE_FRAMES)
    grains = np.linalg.svd(pieces * often[:, None], full_matrices=False)[2][: units.WAVE_UNITS]
    mixtures = (pieces @ grains.T).reshape(units.WAVES, units.WAVE_FRAMES, -1)
    return mixtures.astype(np.float32), grains.astype(np.float32)
