"""Choosing tokens: greedy, temperature, top-k, top-p and guidance."""

from __future__ import annotations

import numpy as np
import pytest

from bot.domain.generation import Sampling
from bot.musicgen.engine.sampling import choose, guide, probabilities

SCORES = np.array([[1.0, 4.0, 2.0, 3.0, -5.0], [0.5, 0.4, 0.3, 0.2, 0.1]], np.float32)


def uniforms(count: int, seed: int = 0) -> np.ndarray:
    """Return random numbers to draw by, [count, 2]."""
    return np.random.default_rng(seed).random((count, 2))


def test_greedy_takes_the_best_score_whatever_is_drawn() -> None:
    """Greedy sampling ignores the random numbers."""
    for drawn in uniforms(10):
        assert choose(SCORES, Sampling(greedy=True), drawn).tolist() == [1, 0]


@pytest.mark.parametrize("top_k", [1, 2, 3, 4])
def test_top_k_keeps_exactly_the_best_k(top_k: int) -> None:
    """All other tokens have probability 0."""
    shares = probabilities(SCORES, Sampling(top_k=top_k))
    assert (np.count_nonzero(shares, axis=1) == top_k).all()
    assert shares[0].argsort()[-top_k:].tolist() == SCORES[0].argsort()[-top_k:].tolist()


@pytest.mark.parametrize("top_k", [0, 5, 250])
def test_top_k_of_nothing_or_everything_cuts_nothing(top_k: int) -> None:
    """Top-k 0 and a top-k beyond the vocabulary keep every token."""
    assert (probabilities(SCORES, Sampling(top_k=top_k)) > 0).all()


def test_top_k_keeps_ties_at_the_edge() -> None:
    """Scores equal to the k-th best are kept, as in the reference."""
    scores = np.array([[1.0, 1.0, 1.0, 0.0]], np.float32)
    assert np.count_nonzero(probabilities(scores, Sampling(top_k=2))) == 3


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.05, 1), (0.4, 1), (0.41, 2), (0.7, 2), (0.71, 3), (0.95, 4), (1.0, 4)]
)
def test_top_p_keeps_the_smallest_set_that_reaches_it(top_p: float, kept: int) -> None:
    """Of 0.4, 0.3, 0.2, 0.1: the fewest tokens that add up to top-p, at least one."""
    scores = np.log(np.array([[0.1, 0.4, 0.2, 0.3]], np.float32))
    # Slightly below each edge, where rounding can't decide.
    shares = probabilities(scores, Sampling(top_k=0, top_p=top_p - 1e-4 if top_p < 1 else 1.0))
    assert np.count_nonzero(shares) == kept
    assert shares.sum() == pytest.approx(1.0)


def test_temperature_sharpens_and_flattens() -> None:
    """A low temperature gives the best token more, a high one less."""
    cold, usual, hot = (
        probabilities(SCORES, Sampling(temperature=t))[0].max() for t in (0.5, 1.0, 2.0)
    )
    assert cold > usual > hot


def test_guidance_moves_away_from_the_scores_without_text() -> None:
    """Guidance 3 goes three times as far from the unguided scores as guidance 1."""
    without = np.zeros_like(SCORES)
    assert np.array_equal(guide(SCORES, without, 1.0), SCORES)
    assert np.allclose(guide(SCORES, without, 3.0), 3 * SCORES)


@pytest.mark.parametrize(
    "sampling",
    [Sampling(), Sampling(top_k=3), Sampling(top_k=0, top_p=0.8), Sampling(temperature=1.7)],
    ids=["all", "top-k", "top-p", "temperature"],
)
def test_draws_follow_the_probabilities(sampling: Sampling) -> None:
    """50,000 draws pass a chi-square test that a correct sampler fails once in a million."""
    from scipy import stats  # the import takes a second

    drawn = np.array([choose(SCORES, sampling, pair) for pair in uniforms(50_000)])
    for codebook, shares in enumerate(probabilities(SCORES, sampling)):
        counts = np.bincount(drawn[:, codebook], minlength=len(shares))
        assert (counts[shares == 0] == 0).all()
        possible = shares > 0
        expected = shares[possible] * counts.sum()
        assert stats.chisquare(counts[possible], expected).pvalue > 1e-6


def test_the_ends_of_the_unit_interval_draw_possible_tokens() -> None:
    """0 draws the first possible token, the largest number below 1 the last."""
    scores = np.array([[-np.inf, 1.0, 1.0, -np.inf]] * 2, np.float32)
    ends = np.array([0.0, np.nextafter(1.0, 0.0)])
    assert choose(scores, Sampling(), ends).tolist() == [1, 2]


def drawn_from_all(scores: np.ndarray, sampling: Sampling, drawn: np.ndarray) -> list[int]:
    """Return what is drawn by weighing every token: the definition, one codebook at a time."""
    chosen = []
    for shares, number in zip(
        np.cumsum(probabilities(scores, sampling), axis=1), drawn, strict=True
    ):
        above = np.flatnonzero(shares > number * shares[-1])
        chosen.append(int(above[0]) if len(above) else int(shares.argmax()))
    return chosen


@pytest.mark.parametrize("top_k", [1, 2, 50, 250, 511])
@pytest.mark.parametrize("top_p", [1.0, 0.9])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 1.7])
@pytest.mark.parametrize("steps", [None, 8], ids=["no ties", "ties"])
def test_weighing_the_best_alone_draws_what_weighing_all_does(
    top_k: int, top_p: float, temperature: float, steps: int | None
) -> None:
    """The same numbers draw the same tokens, with ties at the edge and without, at both ends."""
    random = np.random.default_rng(top_k)
    sampling = Sampling(top_k=top_k, top_p=top_p, temperature=temperature)
    for _ in range(30):
        scores = (3 * random.standard_normal((8, 512))).astype(np.float32)
        if steps is not None:
            scores = np.round(scores * steps) / np.float32(steps)
        drawn = random.random(8)
        drawn[0], drawn[1] = 0.0, np.nextafter(1.0, 0.0)
        assert choose(scores, sampling, drawn).tolist() == drawn_from_all(scores, sampling, drawn)
