"""Sample tokens from logits as transformers does, with given random numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Sampling

Logits = NDArray[np.float32]
Choices = NDArray[np.int32]


def guide(conditional: Logits, unconditional: Logits, guidance: float) -> Logits:
    """Apply classifier-free guidance: move the logits away from the unconditional ones.

    Source: arXiv 2306.05284, section 2.3; transformers' ClassifierFreeGuidanceLogitsProcessor.
    """
    guided: Logits = unconditional + (conditional - unconditional) * np.float32(guidance)
    return guided


def choose(logits: Logits, sampling: Sampling, uniforms: NDArray[np.float64]) -> Choices:
    """Return one token for each codebook from logits [codebooks, vocab_size].

    `uniforms` [codebooks] in [0, 1) are the random numbers; greedy sampling ignores them.
    """
    if sampling.greedy:
        likeliest: Choices = logits.argmax(axis=1).astype(np.int32)
        return likeliest
    logits = _apply_temperature(logits, sampling)
    codebooks, vocab_size = logits.shape
    best = _top_k_mask(logits, sampling.top_k)
    if best is None:
        return _draw(_weights(logits, sampling), uniforms)
    # Only the best k can be drawn: the softmax is computed for them alone, in token order.
    places = np.flatnonzero(best)
    if len(places) != codebooks * sampling.top_k:  # some tie with the last of them
        return _draw(_weights(np.where(best, logits, -np.inf), sampling), uniforms)
    few = logits.ravel()[places].reshape(codebooks, sampling.top_k)
    book = np.arange(codebooks)
    chosen = places[book * sampling.top_k + _draw(_weights(few, sampling), uniforms)]
    tokens: Choices = (chosen - book * vocab_size).astype(np.int32)
    return tokens


def _draw(weights: NDArray[np.float64], uniforms: NDArray[np.float64]) -> Choices:
    """Return the index that each number draws in its row of weights."""
    shares = np.cumsum(weights, axis=1)
    # The first token whose cumulated share lies above the number drawn: never one of share 0.
    drawn = (uniforms * shares[:, -1])[:, None]
    chosen = np.count_nonzero(shares <= drawn, axis=1)
    # Rounding can bring the number drawn up to the last share itself.
    last: Choices = shares.argmax(axis=1)
    return np.minimum(chosen, last).astype(np.int32)


def probabilities(logits: Logits, sampling: Sampling) -> NDArray[np.float64]:
    """Return the probability of each token, [codebooks, vocab_size].

    Temperature, then top-k, then top-p, in the order and with the treatment of ties that
    transformers' logits processors have; top_k 0 and top_p 1 cut nothing.
    """
    logits = _apply_temperature(logits, sampling)
    best = _top_k_mask(logits, sampling.top_k)
    weights = _weights(logits if best is None else np.where(best, logits, -np.inf), sampling)
    shares: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _apply_temperature(logits: Logits, sampling: Sampling) -> Logits:
    if sampling.temperature == 1.0:
        return logits
    tempered: Logits = logits / np.float32(sampling.temperature)
    return tempered


def _top_k_mask(logits: Logits, top_k: int) -> NDArray[np.bool_] | None:
    """Tell which tokens top-k keeps, with all that tie with the last; None where it keeps all."""
    vocab_size = logits.shape[1]
    if not 0 < top_k < vocab_size:
        return None
    edge = vocab_size - top_k
    best: NDArray[np.bool_] = logits >= np.partition(logits, edge, axis=1)[:, edge, None]
    return best


def _weights(logits: Logits, sampling: Sampling) -> NDArray[np.float64]:
    """Return the probabilities before normalization; top-p drops the least likely."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    return _keep_top_p(weights, sampling.top_p) if sampling.top_p < 1.0 else weights


def _keep_top_p(weights: NDArray[np.float64], top_p: float) -> NDArray[np.float64]:
    """Drop the least likely tokens as long as what is dropped stays within 1 - top_p."""
    order = np.argsort(weights, axis=1, kind="stable")
    ascending = np.take_along_axis(weights, order, axis=1)
    cumulated = np.cumsum(ascending / ascending.sum(axis=1, keepdims=True), axis=1)
    dropped = cumulated <= 1.0 - top_p
    dropped[:, -1] = False
    np.put_along_axis(weights, order, np.where(dropped, 0.0, ascending), axis=1)
    return weights
