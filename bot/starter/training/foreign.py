"""Foreign music: what no words tell of, from which going on with what was heard is learnt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.starter.training.codes import CodedLoop, Codes

_Window = NDArray[np.int64]
_SHORTEST_FRAMES = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPlan:
    """What foreign music is made of.

    Some of it are pieces; of what is not, a stretch comes again and again. Of either, some have
    codes that stand for others: they can be known from nothing but what was heard.
    """

    pieces: float = 0.6
    recoded: float = 0.5
    # What a piece has told before anything is asked.
    told_frames: tuple[int, int] = (150, 500)


class Foreign:
    """Draws windows of foreign music."""

    def __init__(
        self, loops: Sequence[CodedLoop], pieces: Sequence[Codes], plan: ForeignPlan
    ) -> None:
        self.loops, self.pieces, self.plan = loops, pieces, plan

    def draw(self, frames: int, codes: int, random: np.random.Generator) -> tuple[_Window, int]:
        """Return a window [codebooks, frames], and how many of its frames can't be foretold."""
        pieces = [piece for piece in self.pieces if piece.shape[1] >= frames]
        if pieces and random.random() < self.plan.pieces:
            piece = pieces[int(random.integers(len(pieces)))]
            start = int(random.integers(piece.shape[1] - frames + 1))
            window = piece[:, start : start + frames].astype(np.int64)
            told = min(int(random.integers(*self.plan.told_frames)), frames // 2)
        else:
            longest = math.log(frames / 2)
            told = round(math.exp(random.uniform(math.log(_SHORTEST_FRAMES), longest)))
            window = np.tile(self._anything(told, random), (1, frames // told + 1))[:, :frames]
        if random.random() < self.plan.recoded:
            window = np.stack([random.permutation(codes)[book] for book in window])
        return window, told

    def _anything(self, frames: int, random: np.random.Generator) -> _Window:
        """Return so many frames, of one loop after the other."""
        parts: list[Codes] = []
        while sum(part.shape[1] for part in parts) < frames:
            loop = self.loops[int(random.integers(len(self.loops)))]
            parts.append(np.roll(loop.codes, int(random.integers(loop.codes.shape[1])), axis=1))
        return np.concatenate(parts, axis=1)[:, :frames].astype(np.int64)
