"""Whether a continuation keeps tempo and key of its piece, and a remix follows its new prompt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.starter.composer.compose import compose
from bot.starter.composer.piece import Piece
from bot.starter.composer.styles import STYLES
from bot.starter.evaluation.features import SAMPLE_RATE_HZ, Sound
from bot.starter.evaluation.keys import Key, is_related, own_key
from bot.starter.evaluation.listener import Listener
from bot.starter.evaluation.prompt_wordings import asked_styles
from bot.starter.evaluation.renders import FIRST_SEED, FRAME_RATE_HZ, Render
from bot.starter.evaluation.report_section import MODEL, RENDERS, Row, Section, Share
from bot.starter.evaluation.sampler import SampleRequest
from bot.starter.evaluation.tempo import verdict

OPENING_SECONDS = 10.0
"""How much of a piece is heard before it goes on."""

REMIX_SECONDS = 5.0
"""How much of a clip leads into its remix, as the bot has it when nobody says."""

_SEED, _REMIX_SEED = FIRST_SEED + 400_000, FIRST_SEED + 410_000


def sample_requests(pieces: Sequence[Render], *, by_codes: bool) -> list[SampleRequest]:
    """Return what asks for the second half of each piece of 20 s, without words.

    The model is told the codes of the first half, as of a clip of its own, or hears it only.
    """
    frames = round(OPENING_SECONDS * FRAME_RATE_HZ)
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
    frames = round(OPENING_SECONDS * FRAME_RATE_HZ)
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


def section(
    pieces: Sequence[Render], made: Sequence[Sound], listener: Listener, *, by_codes: bool
) -> Section:
    """Compare continuations, and the pieces' own second halves, with what the pieces are."""
    own = [piece.sound()[round(OPENING_SECONDS * SAMPLE_RATE_HZ) :] for piece in pieces]
    groups = {MODEL: made, RENDERS: own}
    heard = {name: [listener.analyse(sound) for sound in each] for name, each in groups.items()}
    keys = {name: [own_key(sound) for sound in each] for name, each in groups.items()}
    verdicts = {
        name: [verdict(h.bpm, p.piece.bpm) for h, p in zip(each, pieces, strict=True)]
        for name, each in heard.items()
    }
    truths = [_key(piece) for piece in pieces]
    rows = [
        Row("tempo within 4 %", "≥ 85 %", {n: Share.where(v == "met" for v in each)
                                           for n, each in verdicts.items()}),
        Row("tempo off altogether", "", {n: Share.where(v == "off" for v in each)
                                         for n, each in verdicts.items()}),
        Row("key of the piece", "≥ 65 %", {
            n: Share.where(found == true for found, true in zip(each, truths, strict=True))
            for n, each in keys.items()
        }),
        Row("or its relative", "", {
            n: Share.where(is_related(found, t) for found, t in zip(each, truths, strict=True))
            for n, each in keys.items()
        }),
        Row("style of the piece in the first three", "", {
            n: Share.where(p.piece.style in h.style.ordered[:3]
                           for h, p in zip(each, pieces, strict=True))
            for n, each in heard.items()
        }),
    ]  # fmt: skip
    note = (
        f"The model gets {OPENING_SECONDS:g} s of a held-out piece and goes on without words; "
        "the renders are the pieces' own second halves. Of a recording it is told the beat that is "
        "heard in it, as the bot does."
    )
    return Section.compared(f"Going on with a piece, {_way(by_codes)}", rows, note)


def remix_section(
    pieces: Sequence[Render],
    made: Sequence[Sound],
    composed: Sequence[Sound],
    listener: Listener,
    *,
    by_codes: bool,
) -> Section:
    """Compare remixes, and pieces `composed` to be the same, with what they should be."""
    groups = {MODEL: made, RENDERS: composed}
    heard = {name: [listener.analyse(sound) for sound in each] for name, each in groups.items()}
    keys = {name: [own_key(sound) for sound in each] for name, each in groups.items()}
    verdicts = {
        name: [verdict(h.bpm, p.piece.bpm) for h, p in zip(each, pieces, strict=True)]
        for name, each in heard.items()
    }
    truths = [_key(piece) for piece in pieces]
    wanted = [other_style(piece.piece.style) for piece in pieces]
    kept = {
        name: [
            tempo == "met" and found == true
            for tempo, found, true in zip(verdicts[name], keys[name], truths, strict=True)
        ]
        for name in groups
    }
    rows = [
        Row("keeps tempo and key", "≥ 75 %", {n: Share.where(each) for n, each in kept.items()}),
        Row("keeps the tempo", "", {n: Share.where(v == "met" for v in each)
                                    for n, each in verdicts.items()}),
        Row("tempo off altogether", "", {n: Share.where(v == "off" for v in each)
                                         for n, each in verdicts.items()}),
        Row("keeps the key", "", {
            n: Share.where(found == true for found, true in zip(each, truths, strict=True))
            for n, each in keys.items()
        }),
        Row("keeps the key or its relative", "", {
            n: Share.where(is_related(found, t) for found, t in zip(each, truths, strict=True))
            for n, each in keys.items()
        }),
        Row("new style in the first three", "≥ 75 %", {
            n: Share.where(style in h.style.ordered[:3]
                           for h, style in zip(each, wanted, strict=True))
            for n, each in heard.items()
        }),
        Row("new style first", "", {
            n: Share.where(h.style.first == style for h, style in zip(each, wanted, strict=True))
            for n, each in heard.items()
        }),
    ]  # fmt: skip
    note = (
        f"As the bot remixes the first {OPENING_SECONDS:g} s of a held-out piece in another style: "
        f"what follows the bars, about {REMIX_SECONDS:g} s, that are kept. With known codes the "
        "model keeps their tempo and harmony, else those that are heard. The renders are pieces "
        "composed in that style, tempo and key: what the judges hear of these."
    )
    return Section.compared(f"Remixes of a piece, {_way(by_codes)}", rows, note)


def _opening(sound: Sound) -> Sound:
    return sound[: round(OPENING_SECONDS * SAMPLE_RATE_HZ)]


def _way(by_codes: bool) -> str:
    return "by its codes" if by_codes else "by its sound"


def _key(render: Render) -> Key:
    return render.piece.tonic, render.piece.mode
