"""Detect the key of a sound from its pitch class distribution.

The distribution is correlated with profiles of each key; the lowest tones additionally indicate the
tonic. Sources: Krumhansl 1990 (correlation with profiles); Albrecht & Shanahan 2013 (the profiles).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bot.audio.analysis.spectra import normalize
from bot.audio.analysis.tones import Tones, chroma, find_tones, tune
from bot.domain.generation import Floats, Sound

Mode = Literal["major", "minor"]

NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""The pitch classes as keys are usually called."""

_MINOR_NAMES = {1: "C#", 8: "G#"}
_MODES: tuple[Mode, Mode] = ("major", "minor")
_MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)

PROFILES = (_MAJOR, _MINOR)
"""How often each pitch class occurs in music in C major and in C minor."""

_SHORTEST_SECONDS = 0.5
_HIGHEST_BASS = 55.0
_BASS_WEIGHT = 0.3
# How far a tone may be from the centre of its pitch class.
_SPREAD_SEMITONES = 0.3
_LEAST_FIT, _SURE_FIT, _SURE_LEAD = 0.45, 0.9, 0.1
_CHANCE = 0.2
_FEWEST_TONES_A_FRAME = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key: tonic as a pitch class (0 is C), mode, and confidence from 0 to 1."""

    tonic: int
    mode: Mode
    confidence: float

    @property
    def name(self) -> str:
        """Return its usual name, such as "A minor"."""
        note = NAMES[self.tonic]
        if self.mode == "minor":
            note = _MINOR_NAMES.get(self.tonic, note)
        return f"{note} {self.mode}"


def find_key(sound: Sound) -> Key | None:
    """Return the key of a sound; None if none is clear."""
    mono = normalize(sound)
    if mono is None or sound.seconds < _SHORTEST_SECONDS:
        return None
    tones = find_tones(mono, sound.sample_rate_hz)
    if len(tones.frame) < _FEWEST_TONES_A_FRAME * tones.frames:
        return None
    tones = tune(tones)
    fits = correlate_profiles(_pitch_class_weights(tones), PROFILES)
    scores = fits + _BASS_WEIGHT * _bass_shares(tones)
    mode, tonic = np.unravel_index(int(scores.argmax()), scores.shape)
    fit = float(fits[mode, tonic])
    # Short sounds need a better fit: chance correlations are likelier.
    least = _LEAST_FIT + _CHANCE / float(np.sqrt(sound.seconds))
    if fit < least:
        return None
    lead = float(scores[mode, tonic] - np.sort(scores, axis=None)[-2])
    clear = min(1.0, lead / _SURE_LEAD)
    confidence = min(1.0, (fit - _LEAST_FIT) / (_SURE_FIT - _LEAST_FIT)) * (0.5 + 0.5 * clear)
    return Key(tonic=int(tonic), mode=_MODES[int(mode)], confidence=confidence)


def _pitch_class_weights(tones: Tones) -> Floats:
    """Return the weight of each pitch class, [12]."""
    rows = chroma(tones, _SPREAD_SEMITONES)
    # Normalized per frame, so that loud moments don't dominate.
    totals = np.sqrt(np.maximum(rows.sum(axis=1, keepdims=True), 1e-9))
    return np.asarray((rows / totals).sum(axis=0), dtype=np.float32)


def _bass_shares(tones: Tones) -> Floats:
    """Return how often each pitch class is the lowest tone, as shares of 1, [12]."""
    lowest = np.full(tones.frames, np.inf, np.float32)
    np.minimum.at(lowest, tones.frame, tones.pitch)
    classes = np.round(lowest[lowest < _HIGHEST_BASS]).astype(np.intp) % 12
    counts = np.bincount(classes, minlength=12)
    return np.asarray(counts / max(1, len(classes)), dtype=np.float32)


def correlate_profiles(classes: Floats, profiles: Sequence[Sequence[float]]) -> Floats:
    """Return the correlation of pitch classes [12] with each mode's profile in each key.

    `profiles` has a row of 12 for each mode, beginning with the tonic. The result is
    [modes, tonics].
    """
    turned = np.array([[np.roll(profile, n) for n in range(12)] for profile in profiles])
    turned -= turned.mean(axis=2, keepdims=True)
    centred = classes - classes.mean()
    lengths = np.linalg.norm(turned, axis=2) * max(float(np.linalg.norm(centred)), 1e-9)
    return np.asarray(turned @ centred / lengths, dtype=np.float32)
