"""The tempo of a clip, from the periods at which its onsets repeat.

The autocorrelation of the onsets has a peak at the beat, at its multiples and at its parts. The
peaks are the candidates; a small network, trained on rendered pieces of known tempo, chooses the
one that people would tap. Source: Klapuri et al. 2006 (comb of multiples).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.audio.analysis.onsets import subtract_local_mean
from bot.audio.analysis.tempo import comb, correlate, highest_near, highest_peaks
from bot.domain.generation import Floats
from bot.starter.evaluation.classifier import Scaler
from bot.starter.evaluation.features import (
    ANALYSIS_FRAME_RATE_HZ,
    LOCAL_FRAMES,
    MEL_BANDS,
    mel_flux,
)

SLOWEST_BPM, FASTEST_BPM = 56.0, 190.0
TOLERANCE = 0.04
CANDIDATES = 14

_HIDDEN, _EPOCHS = 32, 40
_GROUPS = 4
_LONGEST_SECONDS = 4.6
_GRID = SLOWEST_BPM * np.exp(np.arange(0, np.log(FASTEST_BPM / SLOWEST_BPM), 0.004))
_MULTIPLES = 4
_RATIOS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4)
# How many times the asked tempo a mistaken one is: what musicians call half and double time.
_OCTAVES = {"1/2": 0.5, "2": 2.0, "2/3": 2 / 3, "3/2": 1.5, "1/3": 1 / 3, "3": 3.0,
            "3/4": 0.75, "4/3": 4 / 3}  # fmt: skip
_PREFERRED_BPM = 110.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a clip's onsets repeat: correlations [groups + 1, lags] and envelopes [.., frames]."""

    correlation: Floats
    envelopes: Floats

    def at(self, seconds: float, spread: float = 0.015) -> Floats:
        """Return the correlations around a lag, the best within a share of it."""
        lag = seconds * ANALYSIS_FRAME_RATE_HZ
        found = [highest_near(row, lag, spread) for row in self.correlation]
        return np.array(found, np.float32)


@dataclass(frozen=True, slots=True)
class Beats:
    """The candidates for a clip's tempo, best peak first, with what the network sees of each."""

    bpm: Floats
    traits: Floats


def find_pulse(mel: Floats) -> Pulse:
    """Correlate the onsets of groups of bands, and of all, with themselves."""
    rises = mel_flux(mel)
    width = MEL_BANDS // _GROUPS
    groups = [rises[:, start : start + width].mean(axis=1) for start in range(0, MEL_BANDS, width)]
    means = np.stack([*groups, rises.mean(axis=1)], axis=1)
    envelopes = subtract_local_mean(means, LOCAL_FRAMES).T
    lags = min(envelopes.shape[1], round(_LONGEST_SECONDS * ANALYSIS_FRAME_RATE_HZ))
    correlation = np.stack([correlate(curve, curve, lags) for curve in envelopes])
    return Pulse(correlation, envelopes)


def list_candidates(beating: Pulse) -> Beats:
    """Return the strongest periods of the onsets, and what speaks for and against each."""
    strength, _ = comb(beating.correlation[-1], 60 / _GRID * ANALYSIS_FRAME_RATE_HZ, _MULTIPLES)
    best = highest_peaks(strength, CANDIDATES)
    rows = [_traits(beating, float(_GRID[index]), float(strength[index])) for index in best]
    return Beats(_GRID[best].astype(np.float32), np.stack(rows).astype(np.float32))


def _traits(beating: Pulse, bpm: float, strength: float) -> Floats:
    beat_seconds = 60 / bpm
    around = np.concatenate([beating.at(beat_seconds * ratio) for ratio in _RATIOS])
    octaves = np.log2(bpm / _PREFERRED_BPM)
    bumps = np.exp(-0.5 * np.square((octaves - np.linspace(-1, 0.8, 7)) / 0.2))
    return np.concatenate([[strength], around, bumps])


@dataclass(frozen=True, slots=True)
class TempoEstimator:
    """A network that gives the chance of each candidate to be the beat."""

    network: Any  # scikit-learn has no types
    scaler: Scaler

    @classmethod
    def fit(cls, heard: Sequence[Beats], bpm: Sequence[float], *, seed: int = 0) -> TempoEstimator:
        """Train on clips whose tempo is known."""
        from sklearn.neural_network import MLPClassifier

        rows, is_beat = [], []
        for beats, truth in zip(heard, bpm, strict=True):
            errors = np.abs(beats.bpm / truth - 1)
            if errors.min() <= TOLERANCE:
                rows.append(beats.traits)
                is_beat.append(np.arange(len(errors)) == int(np.argmin(errors)))
        scaler = Scaler.fit(np.concatenate(rows))
        scaled, goals = scaler(np.concatenate(rows)), np.concatenate(is_beat)
        network = MLPClassifier((_HIDDEN,), batch_size=min(64, len(scaled)), random_state=seed)
        for _ in range(_EPOCHS):
            network.partial_fit(scaled, goals, classes=(False, True))
        return cls(network, scaler)

    def bpm(self, beats: Beats) -> float:
        """Return the tempo of a clip."""
        chances = self.network.predict_proba(self.scaler(beats.traits))[:, 1]
        return float(beats.bpm[int(np.argmax(chances))])


def verdict(found_bpm: float, asked_bpm: float) -> str:
    """Return `met`, the ratio that a mistaken tempo has to the asked one, or `off`."""
    if abs(found_bpm / asked_bpm - 1) <= TOLERANCE:
        return "met"
    for name, ratio in _OCTAVES.items():
        if abs(found_bpm / (asked_bpm * ratio) - 1) <= TOLERANCE:
            return name
    return "off"
