"""Whether a continuation keeps tempo and key of its piece, and a remix follows its new prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.starter.composer.compose import compose
from bot.starter.composer.piece import Piece
from bot.starter.composer.styles import STYLES
from bot.starter.evaluation.features import SAMPLE_RATE_HZ, Sound
from bot.starter.evaluation.keys import Key, is_related, own_key
from bot.starter.evaluation.listener import ClipAnalysis, Listener
from bot.starter.evaluation.prompt_wordings import asked_styles
from bot.starter.evaluation.renders import FIRST_SEED, Render
from bot.starter.evaluation.report_section import MODEL, RENDERS, Row, Section, Share
from bot.starter.evaluation.sampler import SampleRequest
from bot.starter.evaluation.tempo import verdict
from bot.starter.training.data.codebooks import FRAMES_PER_SECOND

OPENING_SECONDS = 10.0
"""How much of a piece is heard before it goes on."""

REMIX_SECONDS = 5.0
"""How much of a clip leads into its remix, as the bot has it when nobody says."""

_SEED, _REMIX_SEED = FIRST_SEED + 400_000, FIRST_SEED + 410_000


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
            _opening(piece.sound()),
            piece.codes[:, :frames].astype(np.int32) if by_codes else None,
        )
        for index, piece in enumerate(pieces)
    ]


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
                _REMIX_SEED + index,
                OPENING_SECONDS,
                _opening(piece.sound()),
                piece.codes[:, :frames].astype(np.int32) if by_codes else None,
                keep_seconds=REMIX_SECONDS,
            )
        )
    return found


def composed_remixes(pieces: Sequence[Piece]) -> list[Piece]:
    """Compose what a remix of each piece should be: the other style, in its tempo and key."""
    return [
        compose(
            _REMIX_SEED + index,
            style=other_style(piece.style),
            seconds=OPENING_SECONDS,
            beat_frames=piece.beat_frames,
            key=(piece.tonic, piece.mode),
        )
        for index, piece in enumerate(pieces)
    ]


@dataclass(frozen=True, slots=True)
class _Heard:
    """What is heard in a sound, beside the piece that it goes on with."""

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
        return self.key == _key(self.piece)

    @property
    def has_related_key(self) -> bool:
        """Tell whether the key is the piece's or its relative."""
        return is_related(self.key, _key(self.piece))

    def is_among_three(self, style: str) -> bool:
        """Tell whether a style is one of the three that the sound is most like."""
        return style in self.analysis.style.ordered[:3]


Groups = Mapping[str, Sequence[_Heard]]


def build_section(
    pieces: Sequence[Render], made: Sequence[Sound], listener: Listener, *, by_codes: bool
) -> Section:
    """Compare continuations, and the pieces' own second halves, with what the pieces are."""
    own = [piece.sound()[round(OPENING_SECONDS * SAMPLE_RATE_HZ) :] for piece in pieces]
    groups = _listen(pieces, {MODEL: made, RENDERS: own}, listener)
    rows = [
        _row("tempo within 4 %", "≥ 85 %", groups, lambda each: each.tempo == "met"),
        _row("tempo off altogether", "", groups, lambda each: each.tempo == "off"),
        _row("key of the piece", "≥ 65 %", groups, lambda each: each.has_key),
        _row("or its relative", "", groups, lambda each: each.has_related_key),
        _row(
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
    return Section.compared(f"Going on with a piece, {_way(by_codes)}", rows, note)


def build_remix_section(
    pieces: Sequence[Render],
    made: Sequence[Sound],
    composed: Sequence[Sound],
    listener: Listener,
    *,
    by_codes: bool,
) -> Section:
    """Compare remixes, and pieces `composed` to be the same, with what they should be."""
    groups = _listen(pieces, {MODEL: made, RENDERS: composed}, listener)

    def is_new(each: _Heard) -> bool:
        return each.is_among_three(other_style(each.piece.style))

    def is_new_first(each: _Heard) -> bool:
        return each.analysis.style.first == other_style(each.piece.style)

    rows = [
        _row(
            "keeps tempo and key",
            "≥ 75 %",
            groups,
            lambda each: each.tempo == "met" and each.has_key,
        ),
        _row("keeps the tempo", "", groups, lambda each: each.tempo == "met"),
        _row("tempo off altogether", "", groups, lambda each: each.tempo == "off"),
        _row("keeps the key", "", groups, lambda each: each.has_key),
        _row("keeps the key or its relative", "", groups, lambda each: each.has_related_key),
        _row("new style in the first three", "≥ 75 %", groups, is_new),
        _row("new style first", "", groups, is_new_first),
    ]
    note = (
        f"As the bot remixes the first {OPENING_SECONDS:g} s of a held-out piece in another style: "
        f"what follows the bars, about {REMIX_SECONDS:g} s, that are kept. With known codes the "
        "model keeps their tempo and harmony, else those that are heard. The renders are pieces "
        "composed in that style, tempo and key: what the judges hear of these."
    )
    return Section.compared(f"Remixes of a piece, {_way(by_codes)}", rows, note)


def _listen(
    pieces: Sequence[Render], sounds: Mapping[str, Sequence[Sound]], listener: Listener
) -> Groups:
    return {
        name: [
            _Heard(listener.analyse(sound), own_key(sound), piece.piece)
            for sound, piece in zip(each, pieces, strict=True)
        ]
        for name, each in sounds.items()
    }


def _row(name: str, target: str, groups: Groups, met: Callable[[_Heard], bool]) -> Row:
    return Row(name, target, {group: Share.where(map(met, each)) for group, each in groups.items()})


def _opening(sound: Sound) -> Sound:
    return sound[: round(OPENING_SECONDS * SAMPLE_RATE_HZ)]


def _way(by_codes: bool) -> str:
    return "by its codes" if by_codes else "by its sound"


def _key(piece: Piece) -> Key:
    return piece.tonic, piece.mode
