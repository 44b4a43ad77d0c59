"""Whether what continues a piece keeps its tempo and key, next to how the piece itself goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.starter.measuring.classifier import Listener
from bot.starter.measuring.features import SAMPLE_RATE_HZ, Floats, Sound, key_of, picture
from bot.starter.measuring.renders import FIRST_SEED, Render
from bot.starter.measuring.section import Section, Share
from bot.starter.measuring.studio import Order
from bot.starter.measuring.tempo import verdict

_OPENING = 10 * SAMPLE_RATE_HZ
_SEED = FIRST_SEED + 400_000


@dataclass(frozen=True, slots=True)
class _Half:
    chroma: Floats
    bpm: float
    style: str


def orders(pieces: Sequence[Render]) -> list[Order]:
    """Return what asks for the second half of each piece, without words."""
    return [
        Order(None, _SEED + index, 10.0, piece.sound()[:_OPENING])
        for index, piece in enumerate(pieces)
    ]


def section(pieces: Sequence[Render], made: Sequence[Sound], listener: Listener) -> Section:
    """Compare continuations and the pieces' own second halves with the first halves."""
    sounds = [piece.sound() for piece in pieces]
    openings = [_half(sound[:_OPENING], listener) for sound in sounds]
    endings = {
        "made by the model": [_half(sound, listener) for sound in made],
        "the piece's own second half": [_half(sound[_OPENING:], listener) for sound in sounds],
    }
    # What two unrelated pieces have in common by chance.
    strangers = endings["the piece's own second half"]
    endings["another piece's second half"] = [*strangers[1:], strangers[0]]
    rows = tuple(
        (name, *_kept(openings, halves, [piece.truth.bpm for piece in pieces]))
        for name, halves in endings.items()
    )
    return Section(
        "Continuing a piece of 10 s by 10 s",
        ("", "tempo within 4 %", "or a simple ratio", "same key", "chroma correlation",
         "chroma above chance", "same style"),
        rows,
        "Tempo against the piece's true one, key and style against those heard in the first half. "
        "Above chance: the chroma of both halves correlates better than the 95th percentile of "
        "halves of different pieces.",
    )  # fmt: skip


def _half(sound: Sound, listener: Listener) -> _Half:
    shown = picture(sound)
    heard = listener.look(shown)
    return _Half(shown.chroma.mean(axis=0), heard.bpm, heard.ranking[0])


def _kept(
    openings: Sequence[_Half], endings: Sequence[_Half], bpm: Sequence[float]
) -> tuple[str | float | Share, ...]:
    pairs = list(zip(openings, endings, strict=True))
    tempi = [verdict(end.bpm, truth) for end, truth in zip(endings, bpm, strict=True)]
    likeness = np.corrcoef([half.chroma for half in openings], [half.chroma for half in endings])[
        : len(pairs), len(pairs) :
    ]
    own = np.diag(likeness)
    others = likeness[~np.eye(len(pairs), dtype=bool)]
    chance = np.percentile(others, 95) if len(others) else 0.0
    return (
        Share.where(each == "met" for each in tempi),
        Share.where(each != "off" for each in tempi),
        Share.where(key_of(start.chroma) == key_of(end.chroma) for start, end in pairs),
        float(own.mean()),
        Share.where((own > chance).tolist()),
        Share.where(start.style == end.style for start, end in pairs),
    )
