"""EnCodec's residual vector quantizer: each codebook encodes the residual of the previous ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bot.musicgen.kernels.packed_weights import PackedWeights

Array = NDArray[np.float32]
Codes = NDArray[np.int32]


class Quantizer:
    """The codebooks of an EncodecModel's state dict, the first `count` of them."""

    def __init__(self, weights: Mapping[str, Array], count: int, packed: PackedWeights) -> None:
        def embed(book: int) -> Array:
            return np.array(weights[f"quantizer.layers.{book}.codebook.embed"], np.float32)

        self._books = [
            packed.array(f"codec.codebook.{book}", lambda book=book: embed(book))  # type: ignore[misc]
            for book in range(count)
        ]

    def embed(self, codes: Codes) -> Array:
        """Return the rows [channels, frames, width] of codes [channels, codebooks, frames]."""
        rows: Array = self._books[0][codes[:, 0]]
        for book, table in enumerate(self._books[1:], start=1):
            rows += table[codes[:, book]]
        return rows

    def codes(self, rows: Array) -> Codes:
        """Return the codes [channels, codebooks, frames] nearest to rows [channels, frames, width].

        For each codebook, the entry nearest to the residual; ties go to the lower index.
        """
        rest = rows.copy()
        found = np.empty((rows.shape[0], len(self._books), rows.shape[1]), np.int32)
        for book, table in enumerate(self._books):
            # The negative squared distance without the term that is the same for every entry.
            nearness = 2 * (rest @ table.T) - np.square(table).sum(1)
            found[:, book] = nearness.argmax(-1)
            rest -= table[found[:, book]]
        return found
