"""Packed weights by name: packed now, or loaded from an earlier start.

The parts of a model request each array by name, with a function that packs it. If an earlier
start's arrays are given, nothing is packed, and the checkpoint's weights are not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class PackedWeights:
    """The packed arrays of one model.

    `is_stored` tells whether they are from an earlier start. `sparse` names the arrays of which
    only some rows are read, so that they may stay on disk.
    """

    def __init__(self, stored: Mapping[str, Array] | None = None) -> None:
        """Take an earlier start's arrays, if any."""
        self.arrays: dict[str, Array] = dict(stored or {})
        self.sparse: set[str] = set()
        self.is_stored = stored is not None
        self._names: set[str] = set()

    def array(self, name: str, pack: Callable[[], Array], *, sparse: bool = False) -> Array:
        """Return the contiguous array of a name; each name may be requested once."""
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
