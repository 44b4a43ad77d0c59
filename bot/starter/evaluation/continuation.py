"""Whether a continuation keeps tempo and key of its piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.starter.composer.piece import Piece
from bot.starter.evaluation.features import SAMPLE_RATE_HZ, Sound
from bot.starter.evaluation.keys import Key, is_related, own_key
from bot.starter.evaluation.listener import ClipAnalysis, Listener
from bot.starter.evaluation.renders import FIRST_SEED, Render
from bot.starter.evaluation.report_section import MODEL, RENDERS, Row, Section, Share
from bot.starter.evaluation.sampler import SampleRequest
from bot.starter.evaluation.tempo import verdict
from bot.starter.training.data.codebooks import FRAMES_PER_SECOND

OPENING_SECONDS = 10.0
"""How much of a piece is heard before it goes on."""

_SEED = FIRST_SEED + 400_000


def sample_requests(pieces: Sequence[Render], *, by_codes: bool) -> list[SampleRequest]:
    """Return what asks for the second half of each piece of 20 s, without words.

    The model is told the codes of the first half, as of a clip of its own, or hears it only.
    """
    frames = round(OPENING_SECONDS * FRAMES_PER_SECOND)
    return [
        SampleRequest(
            None,
            _SEED + index,
            OPENING_SECONDS,
            cut_opening(piece.sound()),
            piece.codes[:, :frames].astype(np.int32) if by_codes else None,
        )
        for index, piece in enumerate(pieces)
    ]


@dataclass(frozen=True, slots=True)
class HeardBeside:
    """What is heard in a sound, beside the piece that it is made of."""

    analysis: ClipAnalysis
    key: Key | None
    piece: Piece

    @property
    def tempo(self) -> str:
        """Return how the tempo compares with the piece's: `met`, `off`, or a ratio."""
        return verdict(self.analysis.bpm, self.piece.bpm)

    @property
    def has_key(self) -> bool:
        """Tell whether the key is the piece's."""
        return self.key == key_of_piece(self.piece)

    @property
    def has_related_key(self) -> bool:
        """Tell whether the key is the piece's or its relative."""
        return is_related(self.key, key_of_piece(self.piece))

    def is_among_three(self, style: str) -> bool:
        """Tell whether a style is one of the three that the sound is most like."""
        return style in self.analysis.style.ordered[:3]


Groups = Mapping[str, Sequence[HeardBeside]]


def build_section(
    pieces: Sequence[Render], made: Sequence[Sound], listener: Listener, *, by_codes: bool
) -> Section:
    """Compare continuations, and the pieces' own second halves, with what the pieces are."""
    own = [piece.sound()[round(OPENING_SECONDS * SAMPLE_RATE_HZ) :] for piece in pieces]
    groups = listen_beside(pieces, {MODEL: made, RENDERS: own}, listener)
    rows = [
        count_row("tempo within 4 %", "≥ 85 %", groups, lambda each: each.tempo == "met"),
        count_row("tempo off altogether", "", groups, lambda each: each.tempo == "off"),
        count_row("key of the piece", "≥ 65 %", groups, lambda each: each.has_key),
        count_row("or its relative", "", groups, lambda each: each.has_related_key),
        count_row(
            "style of the piece in the first three",
            "",
            groups,
            lambda each: each.is_among_three(each.piece.style),
        ),
    ]
    note = (
        f"The model gets {OPENING_SECONDS:g} s of a held-out piece and goes on without words; "
        "the renders are the pieces' own second halves. Of a recording it is told the beat that is "
        "heard in it, as the bot does."
    )
    return Section.compared(f"Going on with a piece, {name_way(by_codes)}", rows, note)


def listen_beside(
    pieces: Sequence[Render], sounds: Mapping[str, Sequence[Sound]], listener: Listener
) -> Groups:
    """Listen to the sounds of each group, one for each piece."""
    return {
        name: [
            HeardBeside(listener.analyse(sound), own_key(sound), piece.piece)
            for sound, piece in zip(each, pieces, strict=True)
        ]
        for name, each in sounds.items()
    }


def count_row(name: str, target: str, groups: Groups, met: Callable[[HeardBeside], bool]) -> Row:
    """Count in each group what meets a condition."""
    return Row(name, target, {group: Share.where(map(met, each)) for group, each in groups.items()})


def cut_opening(sound: Sound) -> Sound:
    """Return the part of a sound that is gone on with, or remixed."""
    return sound[: round(OPENING_SECONDS * SAMPLE_RATE_HZ)]


def name_way(by_codes: bool) -> str:
    """Say how the model is told about a piece."""
    return "by its codes" if by_codes else "by its sound"


def key_of_piece(piece: Piece) -> Key:
    """Return the key that a piece was composed in."""
    return piece.tonic, piece.mode
