"""The text encoder: T5 states of prompts, on MindSpore.

Independent of decoder and audio. Caches the states of recent prompts.

Source: arXiv 1910.10683 (T5), 2306.05284 (MusicGen); transformers' T5EncoderModel is the reference.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Generator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Precision
from bot.letters import plain_letters
from bot.musicgen.checkpoint.model_config import TextEncoderConfig
from bot.musicgen.checkpoint.tokenizer import Tokenizer
from bot.musicgen.conditioning.t5_layers import TextLayers
from bot.musicgen.kernels.packed_weights import PackedWeights

Array = NDArray[np.float32]

MAX_TOKENS = 512
"""The maximum number of encoded prompt tokens, with the end token: T5's training length."""

LENGTHS = (16, 32, 64, 128, 256, MAX_TOKENS)
"""Compiled lengths; a prompt is padded to the next one."""

MASKED = -1e9
"""Added to the attention scores of padding, so that its weight becomes exactly zero."""


class TextEncoder:
    """The T5 encoder and the projection to the decoder's width.

    `weights` has the names of T5EncoderModel's state dict; all are copied, except for the
    embeddings, which are used as they are. `projection` is the weight [decoder width, text width]
    and bias of `enc_to_dec_proj`. Whether the feed-forward layers are plain (ReLU) or gated (GELU)
    follows from the names. `library` holds our own kernels. `packed` are the weights as packed at
    an earlier start, which needs no others. Not for use by several threads at once.
    """

    def __init__(
        self,
        weights: Mapping[str, Array],
        config: TextEncoderConfig,
        tokenizer: Tokenizer,
        projection: tuple[Array, Array] | None = None,
        *,
        library: Path | None = None,
        precision: Precision = "fp32",
        packed: PackedWeights | None = None,
        cached_prompts: int = 64,
        max_tokens: int = MAX_TOKENS,
    ) -> None:
        self._config = config
        self._tokenizer = tokenizer
        packed = packed or PackedWeights()
        self._embeddings = packed.array(
            "text.embeddings", lambda: weights["shared.weight"], sparse=True
        )
        self._distances = packed.array(
            "text.distances", lambda: weights[_DISTANCES].astype(np.float32)
        )
        self._layers = TextLayers(weights, config, projection, library, precision, packed)
        self._cached_prompts = cached_prompts
        self._max_tokens = max_tokens
        self._cache: OrderedDict[str, Array] = OrderedDict()

    def encode(self, prompt: str) -> Array:
        """Return the states of a prompt, [tokens, decoder width], read-only.

        A prompt longer than `max_tokens` is truncated. A cached prompt costs nothing.
        """
        return _run_to_end(self.read(prompt))

    def read(self, prompt: str) -> Generator[None, None, Array]:
        """Encode in pieces: a generator that yields between them and returns the states."""
        states = self._cache.get(prompt)
        if states is None:
            states = yield from self._encode(self.token_ids(prompt))
            states.flags.writeable = False
            self._cache[prompt] = states
            if len(self._cache) > self._cached_prompts:
                self._cache.popitem(last=False)
        self._cache.move_to_end(prompt)
        return states

    def warm_up(self) -> None:
        """Compile for all prompt lengths in advance."""
        for length in LENGTHS:
            _run_to_end(self._encode(np.zeros(length, np.int64)))

    def token_ids(self, prompt: str) -> NDArray[np.int64]:
        """Return the tokens of a prompt, with the end token."""
        ids = list(self._tokenizer.encode(plain_letters(prompt)))
        if len(ids) > self._max_tokens:
            ids = [*ids[: self._max_tokens - 1], self._config.end_token]
        return np.asarray(ids, dtype=np.int64)

    def _encode(self, ids: NDArray[np.int64]) -> Generator[None, None, Array]:
        length = next(length for length in LENGTHS if length >= len(ids))
        states = np.zeros((length, self._config.hidden_size), np.float32)
        states[: len(ids)] = self._embeddings[ids]
        states = yield from self._layers.run(states, self._score_bias(length, len(ids)))
        return states[: len(ids)].copy()

    def _score_bias(self, length: int, tokens: int) -> Array:
        """Return the bias of the attention scores, [heads, length, length]."""
        positions = np.arange(length)
        distances = positions[None, :] - positions[:, None]
        buckets = relative_buckets(
            distances,
            buckets=self._config.relative_buckets,
            max_distance=self._config.relative_distance,
        )
        bias = np.ascontiguousarray(self._distances[buckets].transpose(2, 0, 1))
        bias[:, :, tokens:] = MASKED
        return bias


def _run_to_end(pieces: Generator[None, None, Array]) -> Array:
    """Run a generator to completion and return its value."""
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            result: Array = end.value
            return result


def relative_buckets(
    distances: NDArray[np.int64], *, buckets: int, max_distance: int
) -> NDArray[np.int64]:
    """Return the bucket of each distance from query to key, in the same shape.

    One half of the buckets is for keys after the query. In each half the near distances have a
    bucket each, the others share buckets that grow geometrically up to `max_distance`.
    """
    half = buckets // 2
    exact = half // 2
    size = np.abs(distances)
    octaves = np.log(np.maximum(size, 1) / exact) / math.log(max_distance / exact)
    # Distances such as 16 and 32 begin a bucket; rounding must not put them into the one before.
    steps = np.floor(octaves * (half - exact) + 1e-6)
    far = np.minimum(exact + steps.astype(np.int64), half - 1)
    found: NDArray[np.int64] = np.where(size < exact, size, far)
    return found + half * (distances > 0)


_DISTANCES = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
