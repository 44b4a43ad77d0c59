"""What the pitched codebooks play in frames of pieces, as what is fitted is polished on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.starter.composer.compose import compose
from bot.starter.training.data.codebooks import PITCHED, Pitched
from bot.starter.training.data.encoding import encode_piece

REMEMBERED_FRAMES = 40
"""For how long after its end a note is still counted."""

_SECONDS, _FRAMES, _FRAMES_A_PIECE = 8.0, 400, 60


def played_frames(pieces: int, first_seed: int) -> NDArray[np.int64]:
    """Return what pitched books hold in frames of pieces, [frames, books, 3].

    State, age, and for how many frames it has been let go: 0 while it is held. The state is -1
    where nothing is held, or was not long ago.
    """
    rows = []
    for seed in range(first_seed, first_seed + pieces):
        codes = encode_piece(compose(seed, seconds=_SECONDS), _FRAMES)
        held = np.stack([_held(codes[book], layout) for book, layout in PITCHED.items()])
        chosen = np.random.default_rng(seed).choice(_FRAMES, _FRAMES_A_PIECE, replace=False)
        rows.append(held[:, chosen].transpose(1, 0, 2))
    return np.concatenate(rows)


def _held(row: NDArray[np.int16], layout: Pitched) -> NDArray[np.int64]:
    stages, state, age, gone = len(layout.ages), -1, 0, 0
    found = np.zeros((len(row), 3), np.int64)
    for frame, code in enumerate(row):
        if layout.meaning(int(code)) is not None:
            state, stage = divmod(int(code) - 1, stages)
            age, gone = 0 if stage == 0 else age + 1, 0
        else:
            gone += 1
            if gone > REMEMBERED_FRAMES:
                state = -1
        found[frame] = state, age, gone
    return found
