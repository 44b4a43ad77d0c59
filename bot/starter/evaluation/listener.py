"""Classifiers of sound, trained on rendered pieces only: tempo, style, lead instrument and drums.

No clip of a model is ever in their training data.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import joblib
import numpy as np

from bot.domain.generation import Floats
from bot.starter.composer.piece import Piece
from bot.starter.evaluation import classifier, feature_vector, features, tempo
from bot.starter.evaluation.classifier import Classifier, Ranking
from bot.starter.evaluation.features import ClipSpectra, Sound, measure_spectra
from bot.starter.evaluation.renders import Player, TrainingExample
from bot.starter.evaluation.sanity_checks import Ranges
from bot.starter.evaluation.tempo import Beats, TempoEstimator, find_pulse, list_candidates

_AUGMENTED_COPIES = 2
_WITH, _WITHOUT = "drums", "no drums"
_CLASSIFIED = ("style", "lead", "drums")


@dataclass(frozen=True, slots=True)
class ClipAnalysis:
    """What a listener makes of a clip."""

    bpm: float
    row: Floats
    style: Ranking
    lead: Ranking
    has_drums: bool


@dataclass(frozen=True, slots=True)
class Listener:
    """Classifiers of tempo, style, lead instrument and drums, and the usual ranges of renders."""

    tempo: TempoEstimator
    style: Classifier
    lead: Classifier
    drums: Classifier
    ranges: Ranges

    def analyse(self, sound: Sound) -> ClipAnalysis:
        """Listen to ten seconds or so."""
        return self.analyse_spectra(measure_spectra(sound))

    def analyse_spectra(self, shown: ClipSpectra) -> ClipAnalysis:
        """Listen to a clip whose spectra are known already."""
        beating = find_pulse(shown.mel)
        bpm = self.tempo.bpm(list_candidates(beating))
        row = feature_vector.describe_clip(shown, beating, bpm)
        has_drums = self.drums(row).first == _WITH
        return ClipAnalysis(bpm, row, self.style(row), self.lead(row), has_drums)

    def distance(self, one: ClipAnalysis, other: ClipAnalysis) -> float:
        """Return how far two clips are apart: the distance of their standardised feature vectors.

        Divided by the root of the number of features, it is about 1.4 for unrelated pieces.
        """
        scaled = self.style.scaler(np.stack([one.row, other.row]))
        difference = scaled[0] - scaled[1]
        return float(np.linalg.norm(difference) / np.sqrt(len(difference)))


def train_listener(examples: Iterable[TrainingExample], report: Callable[[str], None]) -> Listener:
    """Train a listener on rendered pieces.

    The tempo estimator gets each as a loop, too: where every bar is the same, repetition says less
    of which period is the beat.
    """
    pieces, shown, sane, pulses = [], [], [], []
    for index, render in enumerate(examples):
        if index % 100 == 0:
            report(f"Playing pieces to learn from and listening to them, {index} so far")
        pieces.append(render.piece)
        clip = render.clip(seed=1 + index)
        shown.append(measure_spectra(clip))
        sane.append(features.measure_sanity(clip, shown[-1]))
        pulses.append((_beats(shown[-1]), render.piece.bpm))
        pulses.append((_beats(measure_spectra(render.loop(seed=1 + index))), render.piece.bpm))
    report("Teaching")
    estimator = TempoEstimator.fit([beats for beats, _ in pulses], [bpm for _, bpm in pulses])
    rows: list[Floats] = []
    names: dict[str, list[str]] = {each: [] for each in _CLASSIFIED}
    random = np.random.default_rng(0)
    for each, piece in zip(shown, pieces, strict=True):
        for copy in range(1 + _AUGMENTED_COPIES):
            seen = feature_vector.augment(each, random) if copy else each
            beating = find_pulse(seen.mel)
            # Some with the tempo that is heard, which may be wrong, as it will be in use.
            bpm = piece.bpm if copy % 2 else estimator.bpm(list_candidates(beating))
            rows.append(feature_vector.describe_clip(seen, beating, bpm))
            names["style"].append(piece.style)
            names["lead"].append(piece.lead or "none")
            names["drums"].append(_WITHOUT if piece.drum_density == "none" else _WITH)
    table = np.stack(rows)
    classifiers = {each: Classifier.fit(table, names[each]) for each in _CLASSIFIED}
    return Listener(estimator, ranges=Ranges.of(sane), **classifiers)


def load_or_train(
    cache: Path,
    player: Player,
    pieces: Sequence[Piece],
    report: Callable[[str], None],
    train: Callable[[Iterable[TrainingExample], Callable[[str], None]], Listener] = train_listener,
) -> Listener:
    """Return the listener trained on these pieces, from the cache where it is there already."""
    trained_on = "".join(map(player.name, pieces)) + _code()
    file = cache / f"listener-{hashlib.sha256(trained_on.encode()).hexdigest()[:20]}.joblib"
    if file.exists():
        stored: Listener = joblib.load(file)
        return stored
    listener = train(player.examples(pieces), report)
    scratch = file.with_suffix(".part")
    joblib.dump(listener, scratch)
    scratch.rename(file)
    return listener


def _beats(shown: ClipSpectra) -> Beats:
    return list_candidates(find_pulse(shown.mel))


def _code() -> str:
    modules = (features, feature_vector, tempo, classifier)
    code = "".join(map(inspect.getsource, (*modules, sys.modules[__name__])))
    return version("scikit-learn") + code
