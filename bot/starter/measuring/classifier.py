"""Says which of several names fits a clip, by its portrait: networks that vote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.starter.measuring.features import Floats
from bot.starter.measuring.network import Network, Normalizer, softmax

_NETWORKS = 3
_HIDDEN = 96


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
        """Return the chance of a name; none of what was never taught."""
        return float(self.chances[self.names.index(name)]) if name in self.names else 0.0


@dataclass(frozen=True, slots=True)
class Classifier:
    """Networks over portraits; the names are in the order of their outputs."""

    names: tuple[str, ...]
    networks: tuple[Network, ...]
    normalizer: Normalizer

    @classmethod
    def taught(cls, rows: Floats, answers: Sequence[str]) -> Classifier:
        """Learn from portraits [clips, features] and the name of each."""
        names = tuple(sorted(set(answers)))
        normalizer = Normalizer.of(rows)
        normal = normalizer(rows)
        goals = np.array([names.index(answer) for answer in answers])
        widths = (rows.shape[1], _HIDDEN, len(names))
        networks = tuple(
            Network.drawn(widths, np.random.default_rng(seed)).fit_classes(normal, goals, seed=seed)
            for seed in range(_NETWORKS)
        )
        return cls(names, networks, normalizer)

    def __call__(self, row: Floats) -> Ranking:
        """Return the chances of a portrait."""
        normal = self.normalizer(row[None])
        votes = [softmax(each(normal))[0] for each in self.networks]
        return Ranking(self.names, np.asarray(np.mean(votes, axis=0), np.float32))
