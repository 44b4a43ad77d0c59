"""Mistakes in what the language model hears, such as it will make itself.

One that has only heard what is right holds the last tone for ever once it has strayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.starter.training.codes import CodedLoop

_Window = NDArray[np.int64]
_NEARBY, _MOST_SLIP, _MOST_STUCK = 12, 4, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class MistakePlan:
    """How much is wrong in what is heard."""

    # Rows of which a stretch is another loop, or the same one out of step, for so many frames; and
    # how many of them begin like that. In some of them the last few codes don't end. From there
    # only the words lead back, or what was heard. Of longer ones it only learns to give up.
    strayed_rows: float = 0.4
    strayed_frames: tuple[int, int] = (5, 40)
    strayed_from_the_start: float = 0.4
    stuck: float = 0.25
    # Of a row's codes, and how many rows have so many.
    wrong_codes: tuple[float, ...] = (0.0, 0.05, 0.15, 0.3)
    wrong_shares: tuple[float, ...] = (0.2, 0.3, 0.3, 0.2)


class Mistakes:
    """Puts wrong codes among those that are heard."""

    def __init__(self, loops: Sequence[CodedLoop], plan: MistakePlan) -> None:
        self.loops, self.plan = loops, plan

    def among(
        self,
        pattern: _Window,
        choice: NDArray[np.int64],
        start_token: int,
        random: np.random.Generator,
        strength: float = 1.0,
    ) -> _Window:
        """Return what is heard in place of a pattern [rows, codebooks, steps] of chosen loops.

        `strength` from 0 to 1 is how much of all that the plan names is wrong.
        """
        plan = self.plan
        heard = pattern.copy()
        rows, _, steps = heard.shape
        for row in np.flatnonzero(random.random(rows) < plan.strayed_rows * strength):
            is_early = random.random() < plan.strayed_from_the_start
            start = 1 if is_early else int(random.integers(1, steps))
            length = min(int(random.integers(*plan.strayed_frames)), steps - start)
            stretch = slice(start, start + length)
            if start > _MOST_STUCK and random.random() < plan.stuck:
                heard[row, :, stretch] = _stuck(pattern[row], stretch, random)
            else:
                heard[row, :, stretch] = self._elsewhere(int(choice[row]), pattern, stretch, random)
        rates = random.choice(plan.wrong_codes, size=rows, p=plan.wrong_shares) * strength
        wrong = random.random(heard.shape) < rates[:, None, None]
        # Half of them are any code, half what is heard elsewhere: so are a model's mistakes.
        elsewhere = pattern[random.permutation(rows)][:, :, random.permutation(steps)]
        anything = random.integers(start_token, size=heard.shape)
        noise = np.where(random.random(heard.shape) < 0.5, anything, elsewhere)
        heard = np.where(wrong & (noise != start_token), noise, heard)
        return np.where((pattern == start_token) | (heard == start_token), pattern, heard)

    def _elsewhere(
        self, loop: int, pattern: _Window, stretch: slice, random: np.random.Generator
    ) -> _Window:
        """Return what might be heard by mistake: another row, a loop nearby, or a slip in time."""
        kind = ("row", "nearby", "slip")[int(random.integers(3))]
        if kind == "row":
            return pattern[int(random.integers(len(pattern))), :, stretch]
        slip = 0
        if kind == "nearby":
            # Those of a style follow each other.
            near = loop + int(random.integers(-_NEARBY, _NEARBY + 1))
            loop = min(max(near, 0), len(self.loops) - 1)
        else:
            slip = int(random.integers(-_MOST_SLIP, _MOST_SLIP + 1))
        codes = self.loops[loop].codes
        late = np.arange(len(codes))[:, None] + 1
        places = (np.arange(stretch.start, stretch.stop) + slip - late) % codes.shape[1]
        return np.take_along_axis(codes, places, axis=1).astype(np.int64)


def _stuck(row: _Window, stretch: slice, random: np.random.Generator) -> _Window:
    """Return what is heard where the last few codes of a row [codebooks, steps] don't end."""
    few = int(random.integers(1, _MOST_STUCK + 1))
    places = np.arange(stretch.stop - stretch.start) % few
    return row[:, stretch.start - few + places]
