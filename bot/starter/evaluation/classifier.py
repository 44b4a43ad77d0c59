"""Says which of several names fits a clip, by its portrait: networks that vote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.starter.evaluation.features import Floats
from bot.starter.evaluation.network import Network, Normalizer, softmax

_NETWORKS = 3
_HIDDEN = 160


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

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Return all that it is, as arrays whose names begin with a name."""
        found: dict[str, NDArray[Any]] = {
            f"{name}.names": np.array(self.names),
            f"{name}.mean": self.normalizer.mean,
            f"{name}.deviation": self.normalizer.deviation,
        }
        for index, network in enumerate(self.networks):
            found |= {f"{name}.{index}.{key}": each for key, each in network.arrays().items()}
        return found

    @classmethod
    def of_arrays(cls, stored: Mapping[str, NDArray[Any]], name: str) -> Classifier:
        """Put a classifier back together."""
        found: dict[int, dict[str, Floats]] = {}
        for key, array in stored.items():
            ear, *rest = key.split(".")
            if ear == name and len(rest) == 2:
                found.setdefault(int(rest[0]), {})[rest[1]] = array
        networks = tuple(Network.of_arrays(found[index]) for index in sorted(found))
        normalizer = Normalizer(stored[f"{name}.mean"], stored[f"{name}.deviation"])
        return cls(tuple(stored[f"{name}.names"].tolist()), networks, normalizer)
