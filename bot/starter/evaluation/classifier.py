"""Name which of several classes a clip belongs to, by its features: networks that vote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.domain.generation import Floats

_NETWORKS = 5
_HIDDEN = 160
_EPOCHS = 40
_NOISE = 0.5
_FARTHEST = 4.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """The names that a clip may have, with the chance of each."""

    names: tuple[str, ...]
    chances: Floats

    @property
    def ordered(self) -> tuple[str, ...]:
        """Return the names, likeliest first."""
        return tuple(self.names[index] for index in np.argsort(-self.chances, kind="stable"))

    @property
    def first(self) -> str:
        """Return the likeliest name."""
        return self.names[int(np.argmax(self.chances))]

    def chance(self, name: str) -> float:
        """Return the chance of a name; 0 for a name that no training clip had."""
        return float(self.chances[self.names.index(name)]) if name in self.names else 0.0


@dataclass(frozen=True, slots=True)
class Scaler:
    """Brings every feature to mean 0 and deviation 1."""

    standard: Any  # scikit-learn has no types

    @classmethod
    def fit(cls, rows: Floats) -> Scaler:
        """Measure the features of rows [rows, features]."""
        from sklearn.preprocessing import StandardScaler

        return cls(StandardScaler().fit(rows))

    def __call__(self, rows: Floats) -> Floats:
        """Return scaled rows [rows, features]."""
        scaled = self.standard.transform(rows)
        # What a clip shows that no training clip ever did should not outweigh all the rest.
        return np.asarray(np.clip(scaled, -_FARTHEST, _FARTHEST), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Classifier:
    """Multilayer perceptrons over features, whose probabilities are averaged."""

    names: tuple[str, ...]
    networks: tuple[Any, ...]
    scaler: Scaler

    @classmethod
    def fit(cls, rows: Floats, answers: Sequence[str]) -> Classifier:
        """Train on features [clips, features] and the name of each clip."""
        names = tuple(sorted(set(answers)))
        scaler = Scaler.fit(rows)
        scaled, goals = scaler(rows), np.array([names.index(answer) for answer in answers])
        networks = tuple(_train(scaled, goals, len(names), seed) for seed in range(_NETWORKS))
        return cls(names, networks, scaler)

    def __call__(self, row: Floats) -> Ranking:
        """Return the chances of each name for one row of features."""
        scaled = self.scaler(row[None])
        votes = [network.predict_proba(scaled)[0] for network in self.networks]
        return Ranking(self.names, np.asarray(np.mean(votes, axis=0), dtype=np.float32))


def _train(rows: Floats, goals: Any, classes: int, seed: int) -> Any:  # noqa: ANN401 - no types
    from sklearn.neural_network import MLPClassifier

    random = np.random.default_rng(seed)
    network = MLPClassifier((_HIDDEN,), alpha=0.1, batch_size=min(64, len(rows)), random_state=seed)
    for _ in range(_EPOCHS):
        # Data augmentation: other noise in every epoch.
        noise = random.normal(0, _NOISE, rows.shape).astype(np.float32)
        network.partial_fit(rows + noise, goals, classes=np.arange(classes))
    return network
