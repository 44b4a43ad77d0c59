"""Data augmentation: codes as the encoder would read them from a recording, with its errors.

A prompt of uploaded audio comes through the encoder, which confuses instruments, misses notes,
invents others, and says nothing of the two silent codebooks. A model trained by teacher forcing on
true codes alone would follow all of these errors (exposure bias).
"""

from __future__ import annotations

import torch
from torch import Tensor

from bot.starter.training.data.codebooks import BOOKS, CHORDS, DRUMS, PLAN, SILENCE, UNKNOWN_CODE

_STRETCH = 6
_MISSED, _TAKEN_FOR_ANOTHER = 0.18, 0.14
_BOOK_LOST = 0.12
_LATE = 0.3
_TRUE = 0.15


def corrupt(codes: Tensor, random: torch.Generator) -> Tensor:
    """Return codes [batch, books, frames] with the errors of the encoder; a share stays true."""
    rows, books, frames = codes.shape
    device = codes.device

    def rand(*size: int) -> Tensor:
        return torch.rand(*size, generator=random, device=device)

    heard = codes.clone()
    order = torch.rand(rows, len(CHORDS), generator=random, device=device).argsort(1)
    voices = heard[:, list(CHORDS)]
    mixed = voices.gather(1, order[:, :, None].expand(-1, -1, frames))
    heard[:, list(CHORDS)] = torch.where((rand(rows) < 0.5)[:, None, None], mixed, voices)
    late = rand(rows, books) < _LATE
    shifted = torch.roll(heard, 1, 2)
    # What would come first is not known yet.
    shifted[..., 0] = SILENCE
    heard = torch.where(late[:, :, None], shifted, heard)
    stretches = -(-frames // _STRETCH)
    fate = rand(rows, books, stretches).repeat_interleave(_STRETCH, 2)[..., :frames]
    others = heard[torch.randperm(rows, generator=random, device=device)]
    harm = 2 * rand(rows)[:, None, None]
    heard = torch.where(fate < _MISSED * harm, SILENCE, heard)
    heard = torch.where(fate > 1 - _TAKEN_FOR_ANOTHER * harm, others, heard)
    heard = torch.where((rand(rows, books) < _BOOK_LOST)[:, :, None], SILENCE, heard)
    true = (rand(rows) < _TRUE)[:, None, None]
    heard[:, DRUMS:] = torch.where(true, codes[:, DRUMS:], heard[:, DRUMS:])
    heard[:, : PLAN + 1] = UNKNOWN_CODE
    assert heard.shape[1] == len(BOOKS)
    return heard
