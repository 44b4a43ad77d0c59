"""Choose tokens from scores, as transformers does, from random numbers given by the caller."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bot.jobs import Sampling

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
        best: Choices = scores.argmax(axis=1).astype(np.int32)
        return best
    found = _shortlist(scores, sampling)
    if found is None:
        return _drawn(probabilities(scores, sampling), uniforms)
    tokens, least = found
    # Nothing but the best k can be drawn: they alone are weighed, in the order of their tokens.
    places = _drawn(probabilities(least, replace(sampling, top_k=0)), uniforms)
    chosen: Choices = np.take_along_axis(tokens, places[:, None], axis=1)[:, 0].astype(np.int32)
    return chosen


def _shortlist(scores: Scores, sampling: Sampling) -> tuple[NDArray[np.int64], Scores] | None:
    """Return the tokens that top-k leaves and their scores, [codebooks, top_k], tokens ascending.

    None where it leaves all of them, or more than k of a codebook: those that tie with the last.
    """
    codebooks, vocab_size = scores.shape
    if not 0 < sampling.top_k < vocab_size:
        return None
    edge = vocab_size - sampling.top_k
    # What are ties is decided as `probabilities` does, after the temperature.
    tempered = scores
    if sampling.temperature != 1.0:
        tempered = scores / np.float32(sampling.temperature)
    best = tempered >= np.partition(tempered, edge, axis=1)[:, edge, None]
    places = np.flatnonzero(best)
    if len(places) != codebooks * sampling.top_k:
        return None
    tokens = places.reshape(codebooks, sampling.top_k) % vocab_size
    return tokens, scores.ravel()[places].reshape(tokens.shape)


def _drawn(probabilities: NDArray[np.float64], uniforms: NDArray[np.float64]) -> Choices:
    """Return the place that each number draws in a row of probabilities."""
    shares = np.cumsum(probabilities, axis=1)
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
    scores = scores / np.float32(sampling.temperature)
    vocab_size = scores.shape[1]
    if 0 < sampling.top_k < vocab_size:
        least = np.partition(scores, vocab_size - sampling.top_k, axis=1)
        least = least[:, vocab_size - sampling.top_k, None]
        scores = np.where(scores < least, -np.inf, scores)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True), dtype=np.float64)
    if sampling.top_p < 1.0:
        weights = _keep_top_p(weights, sampling.top_p)
    shares: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _keep_top_p(weights: NDArray[np.float64], top_p: float) -> NDArray[np.float64]:
    """Drop the least likely tokens as long as what is dropped stays within 1 - top_p."""
    order = np.argsort(weights, axis=1, kind="stable")
    ascending = np.take_along_axis(weights, order, axis=1)
    cumulated = np.cumsum(ascending / ascending.sum(axis=1, keepdims=True), axis=1)
    dropped = cumulated <= 1.0 - top_p
    dropped[:, -1] = False
    np.put_along_axis(weights, order, np.where(dropped, 0.0, ascending), axis=1)
    return weights
