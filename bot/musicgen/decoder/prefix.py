"""Prefill states that come before any token."""

from __future__ import annotations

import numpy as np

from bot.musicgen.decoder.interface import Decoder, Floats, Rows


def read_prefix(decoder: Decoder, states: Floats, slot: int, codebooks: int) -> None:
    """Run the decoder over states from the beginning of a slot."""
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
