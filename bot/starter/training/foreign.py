"""Foreign music: what no words tell of, from which going on with what was heard is learnt.

A piece is heard for some seconds, and from there its last bars come again and again. How it went on
in truth can't be known, and whoever has to guess it at every frame soon loses the beat.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.starter.training.codes import CodedLoop, CodedPiece, Codes

_Window = NDArray[np.int64]
_SHORTEST_FRAMES = 25
_LAPS_BARS = (1, 2, 4)
_LEAP_FRAMES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPlan:
    """What foreign music is made of.

    Some of it are pieces; of what is not, a stretch comes again and again. Of either, some have
    codes that stand for others: they can be known from nothing but what was heard.
    """

    pieces: float = 0.7
    recoded: float = 0.4
    # What a piece has told before anything is asked.
    told_frames: tuple[int, int] = (200, 520)
    # Pieces that go on by leaps, after so many frames each: wherever what is heard has gone, there
    # it is to be gone on with.
    leaping: float = 0.5
    leap_frames: tuple[int, int] = (30, 200)
    # A stretch that comes again is no single tone.
    shortest_frames: int = 80


@dataclass(frozen=True, slots=True)
class ForeignWindow:
    """Codes [codebooks, frames], of which a model is asked where `is_asked` [frames] says so.

    From `seam` on they can be foretold.
    """

    codes: _Window
    is_asked: NDArray[np.bool_]
    seam: int


class Foreign:
    """Draws windows of foreign music."""

    def __init__(
        self, loops: Sequence[CodedLoop], pieces: Sequence[CodedPiece], plan: ForeignPlan
    ) -> None:
        self.loops, self.pieces, self.plan = loops, pieces, plan

    def draw(self, frames: int, codes: int, random: np.random.Generator) -> ForeignWindow:
        """Return a window of so many frames, of so many codes."""
        if self.pieces and random.random() < self.plan.pieces:
            window = self._piece(frames, random)
        else:
            window = self._again(frames, random)
        if random.random() < self.plan.recoded:
            recoded = np.stack([random.permutation(codes)[book] for book in window.codes])
            window = replace(window, codes=recoded)
        return window

    def _piece(self, frames: int, random: np.random.Generator) -> ForeignWindow:
        piece = self.pieces[int(random.integers(len(self.pieces)))]
        bar = piece.bar_frames
        # Of a bar that isn't over nobody knows how long it is.
        told = max(min(int(random.integers(*self.plan.told_frames)), frames // 2), bar)
        told = min(told + _SHORTEST_FRAMES, piece.codes.shape[1])
        heard = piece.codes[:, int(random.integers(piece.codes.shape[1] - told + 1)) :][:, :told]
        is_leaping = random.random() < self.plan.leaping
        lap = lap_frames(heard, bar)
        places, is_asked = list(range(told)), [False] * told
        place, unasked = told - lap, 0
        while len(places) < frames:
            stop = told
            if is_leaping:
                stop = min(told, place + int(random.integers(*self.plan.leap_frames)))
            is_asked += [n >= unasked for n in range(stop - place)]
            places += range(place, stop)
            place, unasked = told - lap, 0
            if stop < told:
                # To the same part of a bar, of any.
                since = stop % bar
                place = since + bar * int(random.integers((told - since + bar - 1) // bar))
                unasked = _LEAP_FRAMES
        window = heard[:, places[:frames]].astype(np.int64)
        return ForeignWindow(window, np.array(is_asked[:frames]), min(told, frames))

    def _again(self, frames: int, random: np.random.Generator) -> ForeignWindow:
        shortest = min(self.plan.shortest_frames, frames // 4)
        told = round(math.exp(random.uniform(math.log(shortest), math.log(frames / 2))))
        window = np.tile(self._anything(told, random), (1, frames // told + 1))[:, :frames]
        return ForeignWindow(window.astype(np.int64), np.arange(frames) >= told, told)

    def _anything(self, frames: int, random: np.random.Generator) -> Codes:
        """Return so many frames, of one loop after the other."""
        parts: list[Codes] = []
        while sum(part.shape[1] for part in parts) < frames:
            loop = self.loops[int(random.integers(len(self.loops)))]
            parts.append(np.roll(loop.codes, int(random.integers(loop.codes.shape[1])), axis=1))
        return np.concatenate(parts, axis=1)[:, :frames]


def lap_frames(heard: Codes, bar_frames: int) -> int:
    """Return how long what comes again is: so many bars that the last one was heard that long ago.

    Most often none was, code by code; then it is as many as there are.
    """
    frames = heard.shape[1]
    laps = []
    for lap in (bars * bar_frames for bars in _LAPS_BARS):
        if lap <= frames:
            compared = min(bar_frames, frames - lap)
            last, before = heard[:, frames - compared :], heard[:, frames - compared - lap :]
            same = (last == before[:, :compared]).mean() if compared >= _SHORTEST_FRAMES else 0.0
            laps.append((round(float(same), 1), lap))
    return max(laps)[1] if laps else frames
