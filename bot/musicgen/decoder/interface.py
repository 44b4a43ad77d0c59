"""The interface of a decoder: one step for a batch of rows, of any requests.

A row is one position of one sequence: a token of each codebook goes in, the logits of the next
ones come out. A slot holds a sequence's KV cache and its conditioning. Rows of one step may belong
to different slots (requests that run together) or to the same one (chunked prefill).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Precision

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

BODY = "model.decoder."
"""The name prefix of all decoder weights except the heads'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of one step, those with text before those without.

    tokens [rows, codebooks]; slots, positions and text_lengths [rows], the length 0 without text. A
    row with first token -1 - i has the embedding `given` [i] [given, hidden_size] in place of its
    tokens'.
    """

    tokens: Ints
    slots: Ints
    positions: Ints
    text_lengths: Ints
    given: Floats | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditioning:
    """What a sequence is conditioned on besides its own tokens.

    text_states [tokens, hidden_size] are attended to by cross-attention.
    """

    text_states: Floats


class Decoder(Protocol):
    """MusicGen's language model, one step at a time, for a fixed number of slots."""

    @property
    def description(self) -> str:
        """Return a short description of the implementation and precision."""

    @property
    def precision(self) -> Precision:
        """Return the precision of its weights and KV cache."""

    @property
    def slots(self) -> int:
        """Return the maximum number of sequences."""

    @property
    def max_rows(self) -> int:
        """Return the maximum number of rows in a step."""

    def warm_up(self) -> None:
        """Compile everything in advance; slot 0 must be empty."""

    def set_conditioning(self, slot: int, conditioning: Conditioning) -> None:
        """Set a slot's conditioning, for later rows with a text length above 0."""

    def copy_past(self, source: int, target: int, positions: range) -> None:
        """Copy the KV cache at some positions, and possibly others near them, to another slot.

        Only for positions that the target has not computed itself.
        """

    def step(self, rows: Rows) -> Floats:
        """Advance by one step; return the logits [rows, codebooks, vocab_size]."""


def sinusoids(positions: int, width: int) -> Floats:
    """Return MusicGen's position embeddings, [positions, width], cosines first.

    Source: section 3.5 of "Attention Is All You Need" as fairseq and transformers have it.
    """
    half = width // 2
    rates = np.exp(np.arange(half, dtype=np.float32) * -(np.log(10000.0) / (half - 1)))
    angles = np.arange(positions, dtype=np.float32)[:, None] * rates.astype(np.float32)
    table = np.zeros((positions, width), np.float32)
    table[:, :half] = np.cos(angles)
    table[:, half : 2 * half] = np.sin(angles)
    return table


def embeddings(weights: dict[str, Any], codebooks: int) -> Floats:
    """Remove and return all codebooks' embeddings, stacked: [codebooks * (vocab + 1), width]."""
    names = [f"{BODY}embed_tokens.{codebook}.weight" for codebook in range(codebooks)]
    return np.concatenate([weights.pop(name) for name in names])
