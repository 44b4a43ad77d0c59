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
"""What the names of all decoder weights but the heads' begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of one step, those with a text before those without.

    tokens [rows, codebooks]; slots, positions and text_lengths [rows], the length 0 where there
    is no text. A row whose first token is -1 - i has the embedding `given` [i] [given, hidden_size]
    in place of its tokens'.
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
    """MusicGen's language model, one step at a time, over a fixed number of slots."""

    @property
    def description(self) -> str:
        """Say in a few words what it computes with."""

    @property
    def precision(self) -> Precision:
        """Return what its weights and its KV cache are rounded to."""

    @property
    def slots(self) -> int:
        """Return how many sequences it can hold."""

    @property
    def max_rows(self) -> int:
        """Return how many rows one step can take."""

    def warm_up(self) -> None:
        """Compile what every request needs; no sequence may be in the slots yet."""

    def set_conditioning(self, slot: int, conditioning: Conditioning) -> None:
        """Condition what a slot decodes from now on, in rows with a text length above 0."""

    def copy_past(self, source: int, target: int, positions: range) -> None:
        """Copy what one slot has read at some positions to another; more around them may be, too.

        Only for what the target has not read itself.
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
    """Take the embeddings of all codebooks, under each other, [codebooks * (vocab + 1), width]."""
    names = [f"{BODY}embed_tokens.{codebook}.weight" for codebook in range(codebooks)]
    return np.concatenate([weights.pop(name) for name in names])
