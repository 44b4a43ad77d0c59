"""Lay out the rows of one decoder step: each request's positions for each prompt, and prefixes."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

from bot.musicgen.decoder.interface import Floats, Ints, Rows
from bot.musicgen.engine.prefix import Reading
from bot.musicgen.engine.prompt_mix import PromptRow
from bot.musicgen.engine.sequence import Sequence


@dataclass(frozen=True, slots=True)
class Feed:
    """Positions of a sequence fed in a step, once for each of its prompts."""

    sequence: Sequence
    positions: range
    prompts: Many[PromptRow]

    @property
    def rows(self) -> int:
        """Return the rows it takes in the step."""
        return len(self.positions) * len(self.prompts)


def build_rows(
    feeds: Many[Feed], readings: Many[Reading] = (), *, codebooks: int
) -> tuple[Rows, list[list[int]]]:
    """Lay out one step; return its rows, and for each feed the last row of each prompt.

    `readings` are rows of prefixes, which come last.
    """
    parts = [(feed, prompt) for feed in feeds for prompt in feed.prompts]
    # Stable sort: rows with a text come first.
    order = sorted(range(len(parts)), key=lambda i: parts[i][1].text_tokens == 0)
    counts = [len(parts[i][0].positions) for i in order]
    lasts = dict(zip(order, (np.cumsum(counts) - 1).tolist(), strict=True))
    tokens = {id(feed): feed.sequence.feed(feed.positions) for feed in feeds}
    given_tokens, given = _lay_out(readings, codebooks)
    counts += [len(each.states) for each in readings]
    prompts = [parts[i][1] for i in order]
    slots = [prompt.slot for prompt in prompts] + [each.slot for each in readings]
    texts = [prompt.text_tokens for prompt in prompts] + [0] * len(readings)
    firsts = [parts[i][0].positions.start + parts[i][1].offset for i in order]
    firsts += [each.position for each in readings]
    spans = [np.arange(at, at + n, dtype=np.int32) for at, n in zip(firsts, counts, strict=True)]
    rows = Rows(
        tokens=np.concatenate([*(tokens[id(parts[i][0])] for i in order), given_tokens]),
        positions=np.concatenate(spans),
        slots=np.repeat(np.array(slots, np.int32), counts),
        text_lengths=np.repeat(np.array(texts, np.int32), counts),
        given=given,
    )
    part = iter(range(len(parts)))
    return rows, [[lasts[next(part)] for _ in feed.prompts] for feed in feeds]


def _lay_out(readings: Many[Reading], codebooks: int) -> tuple[Ints, Floats | None]:
    """Return the rows of prefixes as `Rows` has them: in place of tokens, and their states."""
    rows = sum(len(each.states) for each in readings)
    tokens = np.zeros((rows, codebooks), np.int32)
    tokens[:, 0] = -1 - np.arange(rows)
    return tokens, np.concatenate([each.states for each in readings]) if readings else None
