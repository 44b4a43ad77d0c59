"""Whether clips are music by their notes: on the beat, in harmony, and more than one loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from bot.starter.evaluation.clips import Clip
from bot.starter.evaluation.note_score import (
    Score,
    grid_frames,
    in_plan,
    on_grid,
    repeated_bars,
    whole_bars_repeated,
)
from bot.starter.evaluation.report_section import Cell, Row, Section, Share
from bot.starter.evaluation.similarity import self_similarity
from bot.starter.training.data.codebooks import BASS, CHORDS, FRAMES_PER_SECOND, LEAD, STEMS

_SHORTEST_LOOP_SECONDS, _LONGEST_LOOP_SECONDS = 1.5, 12.0
# Above this a clip of 30 s is the same bars over and over.
_LOOP = 0.95

Groups = Mapping[str, Sequence[Clip]]


def build_section(groups: Groups) -> Section:
    """Compare the notes of the model's clips with those of composed pieces."""
    scores = {n: [c.score for c in clips if c.score is not None] for n, clips in groups.items()}
    rows = [
        Row("onsets on sixteenths or triplets", "renders − 5", _pooled(scores, on_grid)),
        *(
            Row(f"onsets on the grid, {stem}", "", _pooled(scores, partial(on_grid, books=books)))
            for stem, books in STEMS.items()
        ),
        Row(
            "frames on the grid by chance",
            "",
            {name: 100 * float(np.mean([_grid_share(s) for s in own])) if own else 0.0
             for name, own in scores.items()},
        ),
        *_plan_rows(scores),
        Row(
            "notes a second",
            "",
            {name: _notes_a_second(own) for name, own in scores.items()},
        ),
    ]  # fmt: skip
    note = (
        "From the codes, to the frame. Where the beats begin is fitted to each clip's notes; the "
        "length of a beat is the asked one, or what the clip's clock says. Planned: by the "
        "clip's own plan. Another bar: the next with other chords."
    )
    return Section.compared("Music", rows, note)


def _notes_a_second(scores: Sequence[Score]) -> float:
    rates = [FRAMES_PER_SECOND * len(score.notes) / score.frames for score in scores]
    return float(np.mean(rates)) if rates else 0.0


def build_form_section(groups: Groups) -> Section:
    """Compare how often bars return in clips of 30 s, by their sound and by their notes."""
    loops = {
        name: [
            self_similarity(clip.traces, _SHORTEST_LOOP_SECONDS, _LONGEST_LOOP_SECONDS)
            for clip in clips
        ]
        for name, clips in groups.items()
    }
    rows = [
        Row(
            "clips that are one loop",
            "as renders",
            {n: Share.where(v > _LOOP for v in each) for n, each in loops.items()},
        ),
        Row(
            "likeness with itself some bars later (median)",
            "as renders",
            {n: float(np.median(each)) for n, each in loops.items()},
        ),
    ]
    scores = {n: [c.score for c in clips if c.score is not None] for n, clips in groups.items()}
    if any(scores.values()):
        rows.append(Row("bars that have come before", "as renders", _spans(scores)))
        for stem in STEMS:
            for rhythm_only, what in ((True, "rhythms"), (False, "notes")):
                rows.append(
                    Row(
                        f"bars of {stem} whose {what} have come before",
                        "",
                        _pooled(scores, partial(repeated_bars, stem=stem, rhythm_only=rhythm_only)),
                    )
                )
    note = (
        f"A clip of 30 s is one loop where its bands come and go as they did some seconds before "
        f"({_SHORTEST_LOOP_SECONDS:g} to {_LONGEST_LOOP_SECONDS:g}), correlated above {_LOOP:g}."
    )
    return Section.compared("Form", rows, note)


def _plan_rows(scores: Mapping[str, Sequence[Score]]) -> list[Row]:
    parts = {"bass": (BASS,), "chords": CHORDS, "lead": (LEAD,)}
    rows = []
    for name, books in parts.items():
        fits = {group: [in_plan(score, books) for score in own] for group, own in scores.items()}
        for place, what in enumerate(("its bar", "another bar")):
            values: dict[str, Cell] = {
                group: Share.where(hit for each in own for hit in each[place])
                for group, own in fits.items()
            }
            target = "renders − 10" if (name, place) == ("bass", 0) else ""
            rows.append(Row(f"{name} in the chord planned for {what}", target, values))
    return rows


def _spans(scores: Mapping[str, Sequence[Score]]) -> dict[str, Cell]:
    """Return the median share of bars that return, with the range of the middle 90 %."""
    found: dict[str, Cell] = {}
    for name, own in scores.items():
        shares = [np.mean(bars) * 100 for s in own if (bars := whole_bars_repeated(s))]
        if shares:
            low, middle, high = np.percentile(shares, (5, 50, 95))
            found[name] = f"{middle:.0f} % ({low:.0f} to {high:.0f})"
    return found


def _pooled(
    scores: Mapping[str, Sequence[Score]], outcomes: Callable[[Score], Sequence[bool]]
) -> dict[str, Cell]:
    return {
        name: Share.where(hit for score in own for hit in outcomes(score))
        for name, own in scores.items()
    }


def _grid_share(score: Score) -> float:
    grid = grid_frames(score.beat_frames, score.first_beat, score.frames)
    return sum(frame in grid for frame in range(score.frames)) / score.frames
