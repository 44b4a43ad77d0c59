"""The prompts of a clip: usually one, several during a prompt change.

Each prompt is a row of every step, with a KV cache of its own; all rows are fed the same tokens.
The prompts' logits are mixed by weights that sum to 1, before guidance moves them away from the
unconditional logits. Guidance is linear, so the guided logits are mixed as well.
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
    """A row of each step: a prompt, and the slot with its KV cache."""

    text: str | None
    slot: int
    text_tokens: int
    prefix: Prefix | None = None
    """Its prefix, in a model without cross-attention."""
    weight_before: float = 0.0
    """The weight before the present or last fade."""
    weight: float = 0.0
    """The weight after it."""

    @property
    def offset(self) -> int:
        """Return how many positions precede its tokens."""
        return 0 if self.prefix is None else self.prefix.length


class PromptMix:
    """The rows of a clip, and their weights over time."""

    def __init__(self, rows: Sequence[PromptRow], *, guided: bool) -> None:
        """Take the first rows; with guidance one has no prompt, and it stays."""
        self.rows = list(rows)
        for row in self.rows:
            # So that a change at the very first frame fades from this prompt.
            row.weight_before = row.weight
        self.guided = guided
        self._fade_begin = 0
        self._fade_frames = 0

    @property
    def words(self) -> Words:
        """Return the prompts that apply after the fade."""
        return {row.text: row.weight for row in self.rows if row.weight > 0}

    def find(self, text: str | None) -> PromptRow | None:
        """Return the row of a prompt."""
        return next((row for row in self.rows if row.text == text), None)

    def is_fading(self, frame: int) -> bool:
        """Return whether the weights at a frame are still changing."""
        return self._share(frame) < 1

    def begin_fade(self, words: Words, *, frame: int, frames: int) -> None:
        """Change the weights, starting from those before a frame, over that many frames.

        Each prompt has its row already.
        """
        for row in self.rows:
            row.weight_before = self._weight(row, frame - 1)
            row.weight = words.get(row.text, 0.0)
        self._fade_begin, self._fade_frames = frame, frames

    def drop_unheard(self, kept: Collection[PromptRow]) -> list[PromptRow]:
        """Remove rows whose weight is 0 from now on, except those in `kept`; return them.

        Call it only when no fade is in progress.
        """
        left = [row for row in self.rows if not self._stays(row) and row not in kept]
        self.rows = [row for row in self.rows if row not in left]
        return left

    def mix(self, logits: Sequence[Logits], frame: int) -> tuple[Logits, Logits | None]:
        """Return the mixed conditional logits, and the unconditional ones with guidance.

        `logits` are the rows', in order. A single prompt's are passed through.
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
        """Return the fraction of the fade at a frame, from 0 to 1."""
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
    """Return prompt weights normalized to 1, with `no_words` for None."""
    total = sum(weight for _, weight in words)
    shares: defaultdict[str | None, float] = defaultdict(float)
    for text, weight in words:
        shares[no_words if text is None else text] += weight / total
    return dict(shares)
