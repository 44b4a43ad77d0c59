"""Generate the beginning of clips with a converted model, and time its parts."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

_TOP_K = 250
_GUIDANCE = 3.0

Floats = NDArray[np.float32]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The fixed shapes of a converted model: requests, text tokens and frames."""

    precision: str
    requests: int
    tokens: int
    frames: int
    codebooks: int
    vocabulary: int
    layers: int
    heads: int
    head_size: int

    @property
    def rows(self) -> int:
        """Return the rows per step: two per request, because of guidance."""
        return 2 * self.requests


class Parts(Protocol):
    """A converted MusicGen, for a fixed number of concurrent requests.

    A step has two rows per request: first all with their texts, then all without.
    """

    extent: Extent

    def begin(self, tokens: Codes) -> None:
        """Encode the texts [requests, tokens] and reset the KV cache."""

    def step(self, tokens: Codes) -> Floats:
        """Return the logits [rows, codebooks, vocabulary] after the tokens [rows, codebooks]."""

    def sound(self, codes: Codes) -> Floats:
        """Return the sound [requests, channels, samples] of codes [requests, codebooks, frames]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """The seconds of each phase of a clip; that of a step is a mean."""

    text: float
    step: float
    sound: float


def measure(parts: Parts, texts: Codes, *, steps: int) -> Spans:
    """Time text encoding, the first steps and the decoding of whole clips, each after a warm-up."""
    random = np.random.default_rng(0)
    extent = parts.extent
    parts.begin(texts)
    _decode(parts, 3, random)
    text = _seconds(lambda: parts.begin(texts))
    spans = _decode(parts, steps, random)
    shape = (extent.requests, extent.codebooks, extent.frames)
    codes = random.integers(0, extent.vocabulary, shape)
    parts.sound(codes)
    return Spans(
        text=text,
        step=statistics.fmean(spans),
        sound=_seconds(lambda: parts.sound(codes)),
    )


def _seconds(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _decode(parts: Parts, steps: int, random: np.random.Generator) -> list[float]:
    extent = parts.extent
    tokens = np.full((extent.rows, extent.codebooks), extent.vocabulary, np.int64)
    spans = []
    for _ in range(steps):
        begun = time.perf_counter()
        logits = parts.step(tokens)
        tokens = np.tile(sample(guide(logits), random), (2, 1))
        spans.append(time.perf_counter() - begun)
    return spans


def guide(logits: Floats) -> Floats:
    """Combine the logits with and without text by classifier-free guidance."""
    conditional, unconditional = np.split(logits, 2)
    guided: Floats = unconditional + np.float32(_GUIDANCE) * (conditional - unconditional)
    return guided


def sample(logits: Floats, random: np.random.Generator) -> Codes:
    """Sample a token from each distribution on the last axis, among the 250 most likely.

    With the Gumbel-max trick (Gumbel, 1954).
    """
    count = min(_TOP_K, logits.shape[-1])
    likeliest = np.argpartition(logits, -count, axis=-1)[..., -count:]
    noisy = np.take_along_axis(logits, likeliest, -1) + random.gumbel(size=likeliest.shape)
    chosen = noisy.argmax(-1)[..., None]
    return np.take_along_axis(likeliest, chosen, -1)[..., 0]
