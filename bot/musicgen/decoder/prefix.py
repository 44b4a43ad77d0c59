"""Prefill of states that precede all tokens."""

from __future__ import annotations

import numpy as np

from bot.musicgen.decoder.interface import Decoder, Floats, Rows


def read_prefix(decoder: Decoder, states: Floats, slot: int, codebooks: int) -> None:
    """Prefill a slot with states from its beginning."""
    for first in range(0, len(states), decoder.max_rows):
        part = states[first : first + decoder.max_rows]
        tokens = np.zeros((len(part), codebooks), np.int32)
        tokens[:, 0] = -1 - np.arange(len(part))
        positions = first + np.arange(len(part), dtype=np.int32)
        rows = Rows(
            tokens=tokens,
            slots=np.full(len(part), slot, np.int32),
            positions=positions,
            text_lengths=np.zeros(len(part), np.int32),
            given=part,
        )
        decoder.step(rows)
