"""Weights in the layouts that a model computes with, by name: packed now, or at an earlier start.

The parts of a model ask for each array by name and say how it is packed. Where the arrays of an
earlier start are given nothing is packed, and the weights of the checkpoint are not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class PackedWeights:
    """The packed arrays of one model.

    `is_stored` tells whether they are those of an earlier start. `sparse` are the names of arrays
    of which only some rows are read, so that they needn't be in memory.
    """

    def __init__(self, stored: Mapping[str, Array] | None = None) -> None:
        """Take the arrays of an earlier start, if there are any."""
        self.arrays: dict[str, Array] = dict(stored or {})
        self.sparse: set[str] = set()
        self.is_stored = stored is not None
        self._names: set[str] = set()

    def array(self, name: str, pack: Callable[[], Array], *, sparse: bool = False) -> Array:
        """Return the array of a name, contiguous; each name is asked for once."""
        assert name not in self._names, name
        self._names.add(name)
        if sparse:
            self.sparse.add(name)
        if not self.is_stored:
            self.arrays[name] = np.ascontiguousarray(pack())
        return self.arrays[name]

    def group(self, name: str, pack: Callable[[], Mapping[str, Array]]) -> dict[str, Array]:
        """Return arrays that are packed together, by their names in the group."""
        prefix = f"{name}."
        if not self.is_stored:
            for part, made in pack().items():
                self.array(prefix + part, lambda made=made: made)  # type: ignore[misc]
        return {
            full.removeprefix(prefix): array
            for full, array in self.arrays.items()
            if full.startswith(prefix)
        }
