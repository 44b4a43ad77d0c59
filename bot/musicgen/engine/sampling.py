"""Choose tokens from scores, as transformers does, from random numbers given by the caller."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Sampling

Scores = NDArray[np.float32]
Choices = NDArray[np.int32]


def guide(with_text: Scores, without: Scores, guidance: float) -> Scores:
    """Push scores away from those made without the text (classifier-free guidance).

    Source: arXiv 2306.05284, section 2.3; transformers' ClassifierFreeGuidanceLogitsProcessor.
    """
    guided: Scores = without + (with_text - without) * np.float32(guidance)
    return guided


def choose(scores: Scores, sampling: Sampling, uniforms: NDArray[np.float64]) -> Choices:
    """Return one token for each codebook from scores [codebooks, vocab_size].

    `uniforms` [codebooks] in [0, 1) decide; greedy sampling doesn't look at them.
    """
    if sampling.greedy:
        likeliest: Choices = scores.argmax(axis=1).astype(np.int32)
        return likeliest
    scores = _tempered(scores, sampling)
    codebooks, vocab_size = scores.shape
    best = _best(scores, sampling.top_k)
    if best is None:
        return _drawn(_weights(scores, sampling), uniforms)
    # Nothing but the best k can be drawn: they alone are weighed, in the order of their tokens.
    places = np.flatnonzero(best)
    if len(places) != codebooks * sampling.top_k:  # some tie with the last of them
        return _drawn(_weights(np.where(best, scores, -np.inf), sampling), uniforms)
    few = scores.ravel()[places].reshape(codebooks, sampling.top_k)
    book = np.arange(codebooks)
    chosen = places[book * sampling.top_k + _drawn(_weights(few, sampling), uniforms)]
    tokens: Choices = (chosen - book * vocab_size).astype(np.int32)
    return tokens


def _drawn(weights: NDArray[np.float64], uniforms: NDArray[np.float64]) -> Choices:
    """Return the place that each number draws in a row of weights."""
    shares = np.cumsum(weights, axis=1)
    # The first token whose cumulated share lies above the number drawn: never one of share 0.
    drawn = (uniforms * shares[:, -1])[:, None]
    chosen = np.count_nonzero(shares <= drawn, axis=1)
    # Rounding can bring the number drawn up to the last share itself.
    last: Choices = shares.argmax(axis=1)
    return np.minimum(chosen, last).astype(np.int32)


def probabilities(scores: Scores, sampling: Sampling) -> NDArray[np.float64]:
    """Return what each token is drawn with, [codebooks, vocab_size].

    Temperature, then top-k, then top-p, in the order and with the treatment of ties that
    transformers' logits processors have; top_k 0 and top_p 1 cut nothing.
    """
    scores = _tempered(scores, sampling)
    best = _best(scores, sampling.top_k)
    weights = _weights(scores if best is None else np.where(best, scores, -np.inf), sampling)
    shares: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _tempered(scores: Scores, sampling: Sampling) -> Scores:
    if sampling.temperature == 1.0:
        return scores
    tempered: Scores = scores / np.float32(sampling.temperature)
    return tempered


def _best(scores: Scores, top_k: int) -> NDArray[np.bool_] | None:
    """Tell which tokens top-k leaves, with all that tie with the last; None where all are left."""
    vocab_size = scores.shape[1]
    if not 0 < top_k < vocab_size:
        return None
    edge = vocab_size - top_k
    best: NDArray[np.bool_] = scores >= np.partition(scores, edge, axis=1)[:, edge, None]
    return best


def _weights(scores: Scores, sampling: Sampling) -> NDArray[np.float64]:
    """Return what each token is drawn with, but for a factor; top-p drops the least likely."""
    weights = np.exp(scores - scores.max(axis=1, keepdims=True), dtype=np.float64)
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
