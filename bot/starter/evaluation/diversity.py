"""Whether several takes of one prompt are several pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np

from bot.starter.evaluation.clips import Clip
from bot.starter.evaluation.listener import Listener
from bot.starter.evaluation.report_section import MODEL, RENDERS, Row, Section, Share
from bot.starter.evaluation.similarity import ALIKE, Similarity, compare_clips

Takes = Sequence[Sequence[Clip]]
"""The takes of each prompt."""


def build_section(groups: Mapping[str, Takes], listener: Listener) -> Section:
    """Compare all pairs of takes of each prompt, the model's and the renders'."""
    pairs = {name: [_likenesses(takes) for takes in each] for name, each in groups.items()}
    flat = {name: [pair for own in each for pair in own] for name, each in pairs.items()}
    by_vectors = {
        name: [_median_distance(takes, listener) for takes in each] for name, each in groups.items()
    }
    by_likeness = {
        name: [float(np.median([pair.distance for pair in own])) for own in each]
        for name, each in pairs.items()
    }
    rows: list[Row] = [
        Row.of("pairs of takes that are alike", "≤ 5 %", _shares(flat, lambda p: p.is_alike)),
        Row.of(
            "prompts with a pair that is alike",
            "",
            {n: Share.where(any(p.is_alike for p in own) for own in each)
             for n, each in pairs.items()},
        ),
    ]  # fmt: skip
    for name, medians in (("feature vectors", by_vectors), ("likeness", by_likeness)):
        rows.append(Row.of(f"median distance between takes, by {name}", "", {
            group: float(np.median(each)) for group, each in medians.items()
        }))  # fmt: skip
        if MODEL in medians and RENDERS in medians:
            ratios = np.array(medians[MODEL]) / np.maximum(medians[RENDERS], 1e-6)
            rows.append(
                Row.of(
                    f"over that of two renders of the prompt, by {name} (median)",
                    "≥ 0.8",
                    {MODEL: float(np.median(ratios)), RENDERS: 1.0},
                )
            )
    for kind in ("mel", "chroma", "onsets"):
        rows.append(
            Row.of(
                f"median likeness of {kind}",
                "",
                {n: float(np.median([getattr(p, kind) for p in each])) for n, each in flat.items()},
            )
        )
    note = (
        f"Alike: mel, chroma and onsets all correlate above {ALIKE:g} at their best shifts. "
        "By feature vectors: Euclidean distance of standardised vectors (colour, rhythm, harmony "
        "against the tonic), divided by the root of their length. By likeness: 1 less the mean of "
        "the three correlations."
    )
    return Section.compared("Variety", rows, note)


def _likenesses(takes: Sequence[Clip]) -> list[Similarity]:
    return [compare_clips(a.traces, b.traces) for a, b in combinations(takes, 2)]


def _median_distance(takes: Sequence[Clip], listener: Listener) -> float:
    pairs = combinations(takes, 2)
    return float(np.median([listener.distance(a.analysis, b.analysis) for a, b in pairs]))


def _shares(
    groups: Mapping[str, Sequence[Similarity]], met: Callable[[Similarity], bool]
) -> dict[str, Share]:
    return {name: Share.where(met(each) for each in pairs) for name, pairs in groups.items()}
