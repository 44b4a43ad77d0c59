"""Whether a remix keeps tempo and key of its piece, and follows its new prompt.

What is written is read from its codes, beside what is heard in its sound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.starter.composer.compose import compose
from bot.starter.composer.piece import Piece
from bot.starter.composer.styles import STYLES
from bot.starter.evaluation.classifier import Classifier, Ranking
from bot.starter.evaluation.continuation import (
    OPENING_SECONDS,
    HeardBeside,
    count_row,
    cut_opening,
    key_of_piece,
    listen_beside,
    name_way,
)
from bot.starter.evaluation.features import Sound
from bot.starter.evaluation.listener import Listener
from bot.starter.evaluation.note_adherence import key_of
from bot.starter.evaluation.note_score import score_of
from bot.starter.evaluation.note_style import style_of
from bot.starter.evaluation.prompt_wordings import asked_styles
from bot.starter.evaluation.renders import FIRST_SEED, Render
from bot.starter.evaluation.report_section import MODEL, RENDERS, Row, Section, Share
from bot.starter.evaluation.sampler import SampleRequest
from bot.starter.training.data.codebooks import FRAMES_PER_SECOND

REMIX_SECONDS = 5.0
"""How much of a clip leads into its remix, as the bot has it when nobody says."""

_SEED = FIRST_SEED + 410_000


def other_style(style: str) -> str:
    """Return the style that a piece of a style is remixed as: one half a list away."""
    names = list(STYLES)
    return names[(names.index(style) + len(names) // 2) % len(names)]


def remix_requests(pieces: Sequence[Render], *, by_codes: bool) -> list[SampleRequest]:
    """Return what asks for a remix of each piece's first half in another style."""
    found = []
    frames = round(OPENING_SECONDS * FRAMES_PER_SECOND)
    for index, piece in enumerate(pieces):
        words = asked_styles(other_style(piece.piece.style), is_chinese=index % 4 == 3)
        found.append(
            SampleRequest(
                words[index % len(words)],
                _SEED + index,
                OPENING_SECONDS,
                cut_opening(piece.sound()),
                piece.codes[:, :frames].astype(np.int32) if by_codes else None,
                keep_seconds=REMIX_SECONDS,
            )
        )
    return found


def composed_remixes(pieces: Sequence[Piece]) -> list[Piece]:
    """Compose what a remix of each piece should be: the other style, in its tempo and key."""
    return [
        compose(
            _SEED + index,
            style=other_style(piece.style),
            seconds=OPENING_SECONDS,
            beat_frames=piece.beat_frames,
            key=(piece.tonic, piece.mode),
        )
        for index, piece in enumerate(pieces)
    ]


@dataclass(frozen=True, slots=True)
class WrittenRemix:
    """What the notes of a remix say, beside the piece that it was made of."""

    style: Ranking
    wanted: str
    has_tempo: bool
    has_key: bool


def read_remixes(
    pieces: Sequence[Render], codes: Sequence[NDArray[np.integer[Any]]], classifier: Classifier
) -> list[WrittenRemix]:
    """Read the codes [codebooks, frames] of the remix of each piece."""
    found = []
    for render, own in zip(pieces, codes, strict=True):
        piece, wanted = render.piece, other_style(render.piece.style)
        score = score_of(own, piece.beat_frames, STYLES[wanted].beats_per_bar)
        found.append(
            WrittenRemix(
                style=style_of(classifier, score),
                wanted=wanted,
                has_tempo=score.clock_frames == piece.beat_frames,
                has_key=key_of(score) == key_of_piece(piece),
            )
        )
    return found


def build_section(
    pieces: Sequence[Render],
    made: Sequence[Sound],
    composed: Sequence[Sound],
    listener: Listener,
    *,
    by_codes: bool,
    written: Mapping[str, Sequence[WrittenRemix]],
) -> Section:
    """Compare remixes, and pieces `composed` to be the same, with what they should be.

    `written` is what their notes say, of those whose codes tell it.
    """
    groups = listen_beside(pieces, {MODEL: made, RENDERS: composed}, listener)

    def is_new(each: HeardBeside) -> bool:
        return each.is_among_three(other_style(each.piece.style))

    def is_new_first(each: HeardBeside) -> bool:
        return each.analysis.style.first == other_style(each.piece.style)

    rows = [
        count_row(
            "keeps tempo and key",
            "≥ 75 %",
            groups,
            lambda each: each.tempo == "met" and each.has_key,
        ),
        count_row("keeps the tempo", "", groups, lambda each: each.tempo == "met"),
        count_row("tempo off altogether", "", groups, lambda each: each.tempo == "off"),
        count_row("keeps the key", "", groups, lambda each: each.has_key),
        count_row("keeps the key or its relative", "", groups, lambda each: each.has_related_key),
        count_row("new style in the first three", "≥ 75 %", groups, is_new),
        count_row("new style first", "", groups, is_new_first),
        *_written_rows(written),
    ]
    note = (
        f"As the bot remixes the first {OPENING_SECONDS:g} s of a held-out piece in another style: "
        f"what follows the bars, about {REMIX_SECONDS:g} s, that are kept. With known codes the "
        "model keeps their tempo and harmony, else those that are heard. The renders are pieces "
        "composed in that style, tempo and key: what the judges hear of these."
    )
    return Section.compared(f"Remixes of a piece, {name_way(by_codes)}", rows, note)


def _written_rows(written: Mapping[str, Sequence[WrittenRemix]]) -> list[Row]:
    conditions: dict[str, Callable[[WrittenRemix], bool]] = {
        "keeps tempo and key, by the notes": lambda each: each.has_tempo and each.has_key,
        "keeps the tempo, by the clock": lambda each: each.has_tempo,
        "new style in the first three, by the notes": (
            lambda each: each.wanted in each.style.ordered[:3]
        ),
        "new style first, by the notes": lambda each: each.wanted == each.style.first,
    }
    return [
        Row(name, "", {group: Share.where(map(met, each)) for group, each in written.items()})
        for name, met in conditions.items()
        if written
    ]
