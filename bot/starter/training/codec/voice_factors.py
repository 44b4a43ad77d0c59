"""Levels of the pitched codebooks as products of vectors and weights, each codebook alone.

The levels of all codes are one matrix, which is to be a product of the codes' vectors and the
decoder's weights; tones that nobody plays may be anything that is not heard. Alternating least
squares finds it. The noise of notes has non-negative factors.

Source: arXiv 1010.1763 (multiplicative updates).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.starter.training.codec import units
from bot.starter.training.codec.grain_decoder import TONE_SHUT
from bot.starter.training.codec.voice_measuring import Fading, Reals

_QUIET_NOISE = 1e-4
_NOISE_STEPS, _NOISE_STEP = 300, 0.7


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


def factorise_noise(levels: Reals) -> tuple[Reals, Reals]:
    """Return how much of each hiss there is in levels [rows, bands], and the hisses' spectra.

    Nothing is negative, and no hiss goes beyond one.
    """
    random = np.random.default_rng(0)
    shares = random.uniform(0.5, 1, (len(levels), units.HISSES))
    hisses = random.uniform(0.5, 1, (units.HISSES, units.BANDS)) * levels.mean()
    goal = levels + _QUIET_NOISE
    for _ in range(_NOISE_STEPS):
        made = shares @ hisses + _QUIET_NOISE
        shares = shares * (goal / made**1.5 @ hisses.T / (made**-0.5 @ hisses.T)) ** _NOISE_STEP
        made = shares @ hisses + _QUIET_NOISE
        hisses = hisses * (shares.T @ (goal / made**1.5) / (shares.T @ made**-0.5)) ** _NOISE_STEP
    most = shares.max(0)
    return shares / most, hisses * most[:, None]
