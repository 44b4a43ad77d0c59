"""Levels of the pitched codebooks as products of vectors and weights, each codebook alone.

The levels of all codes are one matrix, which is to be a product of the codes' vectors and the
decoder's weights; tones that nobody plays may be anything that is not heard. Alternating least
squares finds it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.starter.training.codec import units
from bot.starter.training.codec.grain_decoder import TONE_SHUT
from bot.starter.training.codec.voice_measuring import Fading, Reals


@dataclass(frozen=True, slots=True)
class Factors:
    """Vectors [2 * states, pattern], and the weights [pattern, tones]."""

    vectors: Reals
    tones: Reals


def factorise(fading: Fading, steps: int = 10) -> Factors:
    """Return vectors and weights of one codebook alone, by alternating weighted least squares."""
    logits = np.concatenate([fading.begun, fading.faded]) - TONE_SHUT
    heard = logits > 1.5
    share = 0.1 + 1 / (1 + np.exp(-(logits + TONE_SHUT)))
    left, sizes, right = np.linalg.svd(logits, full_matrices=False)
    roots = np.sqrt(sizes[: units.PATTERN])
    vectors, weights = left[:, : units.PATTERN] * roots, right[: units.PATTERN] * roots[:, None]
    ridge = np.eye(units.PATTERN)
    for step in range(2 * steps):
        made = vectors @ weights
        wanted = np.where(heard, logits, np.clip(made, -0.8, 2.3))
        leaks = np.where(made > 2.3, 0.12, np.where(made < -0.8, 0.04, 0.004))
        counts = np.where(heard, share, leaks)
        if step % 2 == 0:
            square = np.einsum("rt,dt,et->rde", counts, weights, weights, optimize=True)
            right_side = (counts * wanted) @ weights.T
            vectors = np.linalg.solve(square + 1e-3 * ridge, right_side[..., None])[..., 0]
        else:
            square = np.einsum("rt,rd,re->tde", counts, vectors, vectors, optimize=True)
            right_side = (counts * wanted).T @ vectors
            weights = np.linalg.solve(square + 1e-2 * ridge, right_side[..., None])[..., 0].T
    return Factors(vectors, weights)
