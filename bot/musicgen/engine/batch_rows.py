"""The rows of one step of the decoder: every request's positions, with guidance twice."""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np

from bot.musicgen.decoder.interface import Rows
from bot.musicgen.engine.sequence import Sequence


def build_rows(
    parts_of_step: Many[tuple[Sequence, Many[int], int]],
) -> tuple[Rows, list[tuple[int, int | None]]]:
    """Lay out one step of several sequences, each with its slots and how many positions it feeds.

    Return the rows, and where each sequence's conditional and unconditional rows begin.
    """
    # Sequence, positions, slot, text tokens; a guided sequence has a second part without text.
    parts: list[tuple[Sequence, int, int, int]] = []
    for sequence, slots, count in parts_of_step:
        parts.append((sequence, count, slots[0], sequence.text_tokens))
        if sequence.guided:
            parts.append((sequence, count, slots[1], 0))
    # Rows with a text come first; among equals the order stays.
    order = sorted(range(len(parts)), key=lambda i: parts[i][3] == 0)
    counts = [parts[i][1] for i in order]
    begins = dict(zip(order, np.cumsum([0, *counts[:-1]]).tolist(), strict=True))
    feeds = [parts[i][0].feed(parts[i][1]) for i in order]
    rows = Rows(
        tokens=np.concatenate([tokens for _, tokens in feeds]),
        positions=np.concatenate([positions for positions, _ in feeds]),
        slots=np.repeat(np.array([parts[i][2] for i in order], np.int32), counts),
        text_lengths=np.repeat(np.array([parts[i][3] for i in order], np.int32), counts),
    )
    firsts: list[tuple[int, int | None]] = []
    part = 0
    for sequence, _, _ in parts_of_step:
        firsts.append((begins[part], begins[part + 1] if sequence.guided else None))
        part += sequence.rows_per_position
    return rows, firsts
