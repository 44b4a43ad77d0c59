"""The rows of one step of the decoder: the positions that every request feeds, for each prompt."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

from bot.musicgen.decoder.interface import Rows
from bot.musicgen.engine.prompt_mix import PromptRow
from bot.musicgen.engine.sequence import Sequence


@dataclass(frozen=True, slots=True)
class Feed:
    """Positions of a sequence that are fed in a step, decoded with each of some prompts."""

    sequence: Sequence
    positions: range
    prompts: Many[PromptRow]


def build_rows(feeds: Many[Feed]) -> tuple[Rows, list[list[int]]]:
    """Lay out one step; return its rows, and for each feed where each prompt's last row is."""
    parts = [(feed, prompt) for feed in feeds for prompt in feed.prompts]
    # Rows with a text come first; among equals the order stays.
    order = sorted(range(len(parts)), key=lambda i: parts[i][1].text_tokens == 0)
    counts = [len(parts[i][0].positions) for i in order]
    lasts = dict(zip(order, (np.cumsum(counts) - 1).tolist(), strict=True))
    tokens = {id(feed): feed.sequence.feed(feed.positions) for feed in feeds}
    rows = Rows(
        tokens=np.concatenate([tokens[id(parts[i][0])] for i in order]),
        positions=np.concatenate([np.array(parts[i][0].positions, np.int32) for i in order]),
        slots=np.repeat(np.array([parts[i][1].slot for i in order], np.int32), counts),
        text_lengths=np.repeat(
            np.array([parts[i][1].text_tokens for i in order], np.int32), counts
        ),
    )
    part = iter(range(len(parts)))
    return rows, [[lasts[next(part)] for _ in feed.prompts] for feed in feeds]
