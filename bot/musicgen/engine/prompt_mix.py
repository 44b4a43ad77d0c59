"""The prompts that a clip is decoded with: one usually, several mixed while they change.

Each prompt is a row of every step with a KV cache of its own; all rows are fed the same tokens. The
logits of the prompts are mixed by weights that add up to 1, before guidance moves them away from
those without any prompt. Guidance is linear: so the guided logits are mixed too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.musicgen.engine.prefix import Prefix
from bot.musicgen.engine.sampling import Logits

Words = Mapping[str | None, float]
"""Prompts with their weights, which add up to 1; None stands for no prompt."""


@dataclass(slots=True, kw_only=True, eq=False)
class PromptRow:
    """A row of each step: a prompt, and the slot with the past that was decoded with it."""

    text: str | None
    slot: int
    text_tokens: int
    prefix: Prefix | None = None
    """What it has before its tokens, where conditioning is no cross-attention."""
    weight_before: float = 0.0
    """The weight before the fade that is going on, or was last."""
    weight: float = 0.0
    """The weight after it."""

    @property
    def offset(self) -> int:
        """Return how many positions come before those of its tokens."""
        return 0 if self.prefix is None else self.prefix.length


class PromptMix:
    """The rows of one clip, and how much each counts for at which frame."""

    def __init__(self, rows: Sequence[PromptRow], *, guided: bool) -> None:
        """Take the first rows; with guidance one has no prompt, and it stays."""
        self.rows = list(rows)
        for row in self.rows:
            # A change at the very first frame fades from these words, too.
            row.weight_before = row.weight
        self.guided = guided
        self._fade_begin = 0
        self._fade_frames = 0

    @property
    def words(self) -> Words:
        """Return the prompts that are in force once no fade goes on."""
        return {row.text: row.weight for row in self.rows if row.weight > 0}

    def find(self, text: str | None) -> PromptRow | None:
        """Return the row of a prompt."""
        return next((row for row in self.rows if row.text == text), None)

    def is_fading(self, frame: int) -> bool:
        """Return whether the weights at a frame are not yet those after the fade."""
        return self._share(frame) < 1

    def begin_fade(self, words: Words, *, frame: int, frames: int) -> None:
        """Change the weights, from those in force before a frame, over so many frames.

        Each prompt has its row here already.
        """
        for row in self.rows:
            row.weight_before = self._weight(row, frame - 1)
            row.weight = words.get(row.text, 0.0)
        self._fade_begin, self._fade_frames = frame, frames

    def drop_unheard(self, kept: Collection[PromptRow]) -> list[PromptRow]:
        """Let go of the rows whose weight is 0 from now on, but for those that are kept.

        Only once no fade goes on. Return those that have left.
        """
        left = [row for row in self.rows if not self._stays(row) and row not in kept]
        self.rows = [row for row in self.rows if row not in left]
        return left

    def mix(self, logits: Sequence[Logits], frame: int) -> tuple[Logits, Logits | None]:
        """Return the logits of the prompts together, and those without any where guidance is on.

        `logits` are the rows', in their order. A single prompt's are passed on as they are.
        """
        weights = [self._weight(row, frame) for row in self.rows]
        heard = [i for i, weight in enumerate(weights) if weight > 0]
        if len(heard) == 1:
            mixed = logits[heard[0]]
        else:
            mixed = np.float32(weights[heard[0]]) * logits[heard[0]]
            for i in heard[1:]:
                mixed += np.float32(weights[i]) * logits[i]
        if not self.guided or (len(heard) == 1 and self.rows[heard[0]].text is None):
            return mixed, None
        unguided = next(i for i, row in enumerate(self.rows) if row.text is None)
        return mixed, logits[unguided]

    def _stays(self, row: PromptRow) -> bool:
        return row.weight > 0 or (self.guided and row.text is None)

    def _share(self, frame: int) -> float:
        """Return how much of the fade is over at a frame, from 0 to 1."""
        if frame < self._fade_begin:
            return 0.0
        if self._fade_frames == 0:
            return 1.0
        return min(1.0, (frame - self._fade_begin + 1) / self._fade_frames)

    def _weight(self, row: PromptRow, frame: int) -> float:
        share = self._share(frame)
        return row.weight if share == 1 else (1 - share) * row.weight_before + share * row.weight


def share_weights(
    words: Sequence[tuple[str | None, float]], no_words: str | None
) -> dict[str | None, float]:
    """Return the weights of prompts as shares of 1, with `no_words` in place of None."""
    total = sum(weight for _, weight in words)
    shares: defaultdict[str | None, float] = defaultdict(float)
    for text, weight in words:
        shares[no_words if text is None else text] += weight / total
    return dict(shares)
