"""A clip as one row of numbers: what it sounds like, whatever its key and loudness.

Timbre (mel statistics and cepstra), rhythm (how the onsets of each range repeat against the beat)
and harmony (chroma turned to its tonic). By data augmentation (`augment`) the classifiers learn to
ignore what a codec does to sound.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bot.audio.analysis.key import PROFILES, correlate_profiles
from bot.audio.analysis.spectra import log_amplitude
from bot.domain.generation import Floats
from bot.starter.evaluation.features import (
    ANALYSIS_FRAME_RATE_HZ,
    MEL_BANDS,
    ClipSpectra,
    entropy_bits,
    key_of,
    onset_frames,
)
from bot.starter.evaluation.tempo import Pulse

_CEPSTRA = 13
_DELTA_FRAMES = 4
_RATIOS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 5 / 4, 3 / 2, 7 / 4, 2, 5 / 2, 3, 4)
_LAGS_SECONDS = 0.08 * np.exp(np.linspace(0, np.log(20), 32))
_QUARTERS = 16
_PARTS = 3


def describe_clip(shown: ClipSpectra, beating: Pulse, bpm: float) -> Floats:
    """Describe a clip by its spectra, its pulse and its tempo."""
    row = np.concatenate(
        [_colour(shown.mel), _rhythm(shown, beating, bpm), _harmony(shown)], dtype=np.float32
    )
    return np.nan_to_num(row)


def augment(shown: ClipSpectra, random: np.random.Generator) -> ClipSpectra:
    """Return a clip's spectra as a poor recording would have them: data augmentation."""
    bands = np.linspace(0, 1, MEL_BANDS)
    # A random tilt, and humps as wide as a few bands.
    curve_db = random.normal(0, 3) * (bands - 0.5)
    for _ in range(3):
        curve_db = curve_db + random.normal(0, 2.5) * np.cos(
            np.pi * random.uniform(0.5, 5) * bands + random.uniform(0, 2 * np.pi)
        )
    if random.random() < 0.35:
        curve_db = curve_db - 60 * np.maximum(0, bands - random.uniform(0.65, 1.0))
    mel = shown.mel * (10 ** (curve_db / 10)).astype(np.float32)
    # A band's power in noise varies as that of a few independent bins does.
    level = float(mel.mean()) * 10 ** (random.uniform(-45, -18) / 10)
    noise = random.gamma(3, level / 3, mel.shape).astype(np.float32)
    # A codec's own error comes and goes with the sound.
    loudness = random.lognormal(0, random.uniform(0, 0.5), mel.shape).astype(np.float32)
    chroma = shown.chroma + random.exponential(
        shown.chroma.mean() * random.uniform(0, 0.4), shown.chroma.shape
    ).astype(np.float32)
    return replace(shown, mel=mel * loudness + noise, chroma=chroma)


def _colour(mel: Floats) -> Floats:
    logs = log_amplitude(mel / max(float(mel.mean()), 1e-9) * np.float32(1e-3))
    moved = np.abs(logs[_DELTA_FRAMES:] - logs[:-_DELTA_FRAMES]).mean(axis=0)
    cepstra = logs @ _cosines()
    slow = logs[::10]
    # Which ranges sound together, and which alternate.
    groups = slow.reshape(len(slow), 8, -1).mean(axis=2)
    together = np.corrcoef(groups.T + np.float32(1e-6) * np.arange(len(slow)))
    return np.concatenate(
        [
            logs.mean(axis=0),
            logs.std(axis=0),
            moved,
            *np.percentile(slow, (10, 90), axis=0),
            cepstra.mean(axis=0),
            cepstra.std(axis=0),
            together[np.triu_indices(8, 1)],
        ]
    )


def _cosines() -> Floats:
    angles = np.pi / MEL_BANDS * (np.arange(MEL_BANDS)[:, None] + 0.5) * np.arange(1, _CEPSTRA + 1)
    return np.cos(angles).astype(np.float32) / np.float32(np.sqrt(MEL_BANDS / 2))


def _rhythm(shown: ClipSpectra, beating: Pulse, bpm: float) -> Floats:
    beat_seconds = 60 / bpm
    against_beat = [beating.at(beat_seconds * ratio) for ratio in _RATIOS]
    total = beating.correlation[-1]
    last = len(total) - 1
    lags = np.minimum(_LAGS_SECONDS * ANALYSIS_FRAME_RATE_HZ, last)
    everywhere = [np.interp(lags, np.arange(last + 1), row) for row in beating.correlation[[0, -1]]]
    envelopes = beating.envelopes
    onsets = onset_frames(shown.mel)
    amounts = np.log(envelopes.mean(axis=1) + 1e-4)
    peaky = np.log(envelopes.std(axis=1) / (envelopes.mean(axis=1) + 1e-4) + 1e-3)
    return np.concatenate(
        [
            *against_beat,
            *everywhere,
            _pattern(envelopes, beat_seconds),
            _alternation(envelopes, beat_seconds),
            amounts,
            peaky,
            [np.log2(bpm / 110), len(onsets) / len(shown.mel) * ANALYSIS_FRAME_RATE_HZ],
        ]
    )


def _pattern(envelopes: Floats, beat_seconds: float) -> Floats:
    """Return how strong each rate is that goes into the bar, [envelopes x rates]."""
    seconds = np.arange(envelopes.shape[1]) / ANALYSIS_FRAME_RATE_HZ
    cycles = np.arange(1, _QUARTERS + 1) / 4 / beat_seconds
    waves = np.exp(-2j * np.pi * seconds[:, None] * cycles) * np.hanning(len(seconds))[:, None]
    strength = np.abs(envelopes @ waves) / (envelopes.sum(axis=1, keepdims=True) + 1e-3)
    return np.asarray(strength, np.float32).ravel()


def _alternation(envelopes: Floats, beat_seconds: float) -> Floats:
    """Return how the ranges answer each other at parts of a beat: kick and snare, bass and hat."""
    centred = envelopes - envelopes.mean(axis=1, keepdims=True)
    centred = centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-6)
    values = []
    for low in range(_PARTS):
        for high in range(low + 1, _PARTS + 1):
            for beats in (0.0, 0.5, 1.0, 2.0):
                lag = round(beats * beat_seconds * ANALYSIS_FRAME_RATE_HZ)
                near = [
                    float(centred[low, max(0, -k) : len(centred[0]) - max(0, k)]
                          @ centred[high, max(0, k) : len(centred[0]) - max(0, -k)])
                    for k in range(lag - 2, lag + 3)
                ]  # fmt: skip
                values.append(max(near))
    return np.array(values, np.float32)


def _harmony(shown: ClipSpectra) -> Floats:
    chroma = shown.chroma
    mean = chroma.mean(axis=0)
    shares = mean / max(float(mean.sum()), 1e-9)
    key = key_of(mean)
    steps = chroma / (chroma.sum(axis=1, keepdims=True) + 1e-6)
    each = np.array([entropy_bits(step) for step in chroma[::2]])
    changes = np.abs(steps[5:] - steps[:-5]).sum(axis=1)
    flatness = np.log(shown.flatness + 1e-6)
    return np.concatenate(
        [
            np.roll(shares, -key.tonic),
            correlate_profiles(mean, PROFILES).max(axis=1),
            [entropy_bits(mean), each.mean(), each.std(), changes.mean(), changes.std()],
            [flatness.mean(), flatness.std(), *np.percentile(flatness, (10, 50, 90))],
        ]
    )
