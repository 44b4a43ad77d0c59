"""Drums as they are played: the tails of strokes that follow each other have to add up.

Tails are added as amplitudes, and noise adds up as power: what is right for each stroke alone is
too loud where cymbals ring into each other. So the tails are polished on frames of pieces, by
gradient descent on levels: no sound is made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bot.starter.composer.compose import compose
from bot.starter.training.codec.decoder_inputs import TAIL_KEEPS
from bot.starter.training.data.codebooks import DRUMS, RINGING
from bot.starter.training.data.encoding import encode_piece

Reals = NDArray[np.float64]

_SECONDS, _FRAMES = 8.0, 400
_STROKES, _OLDEST = 8, 63
_BATCH, _RATE = 512, 1e-2
_QUIET, _LOUD = 2e-4, 20.0
_ALONE = 0.3


def played_strokes(pieces: int, first_seed: int) -> NDArray[np.int64]:
    """Return the last strokes before frames of pieces, [frames, strokes, 2]: set and age.

    The set is -1 where there were fewer. Frames before the first stroke are left out.
    """
    rows = []
    for seed in range(first_seed, first_seed + pieces):
        row = encode_piece(compose(seed, seconds=_SECONDS), _FRAMES)[DRUMS].astype(np.int64)
        struck = row - 1 - len(RINGING)
        recent: list[tuple[int, int]] = []
        for frame, number in enumerate(struck.tolist()):
            if number >= 0:
                recent = [(number, frame), *recent[: _STROKES - 1]]
            last = [(each, frame - since) for each, since in recent if frame - since <= _OLDEST]
            if last:
                rows.append(last + [(-1, 0)] * (_STROKES - len(last)))
    return np.array(rows, np.int64).reshape(-1, _STROKES, 2)


def polish_tails(
    levels: Reals, shares: Reals, tails: Reals, strokes: NDArray[np.int64], steps: int
) -> tuple[Reals, Reals, Reals]:
    """Return what is heard in the frame of a stroke [sets, bands], and better shares and tails.

    `levels` [sets, frames, bands] are those of each set alone, `shares` [sets, tails] and `tails`
    [tails, bands] what sounds in the frames after its stroke.
    """
    goal, struck = torch.from_numpy(levels).float(), torch.from_numpy(strokes)
    begun = levels[:, 0], shares, tails
    parts = [torch.from_numpy(np.log(each + 1e-6)).float() for each in begun]
    for part in parts:
        part.requires_grad_()
    keeps = torch.tensor(TAIL_KEEPS)
    optimizer = torch.optim.Adam(parts, lr=_RATE, betas=(0.9, 0.98))
    random = torch.Generator().manual_seed(0)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = _RATE * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        rows = struck[torch.randint(len(struck), (_BATCH,), generator=random)]
        alone = rows[: round(_ALONE * _BATCH)]
        alone[:, 0, 0] = torch.randint(len(goal), (len(alone),), generator=random)
        alone[:, 1:, 0] = -1
        loss = _loss(rows, goal, [part.exp() for part in parts], keeps)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    hit, own, spectra = (part.detach().double().exp().numpy() for part in parts)
    most = own.max(0)
    return hit, own / most, spectra * most[:, None]


def _loss(rows: Tensor, goal: Tensor, parts: Sequence[Tensor], keeps: Tensor) -> Tensor:
    hit, own, tails = parts
    number, age = rows.unbind(2)
    struck = (number >= 0).float()[..., None]
    number = number.clamp(min=0)
    wanted = (struck * goal[number, age].square()).sum(1).sqrt()
    is_hit = age[..., None] == 0
    left = torch.where(is_hit, 0.0, struck * own[number] * keeps ** age[..., None])
    made = left.sum(1) @ tails + (struck * is_hit * hit[number]).sum(1)
    wrong = (torch.log(made + _QUIET) - torch.log(wanted + _QUIET)).abs()
    return (wrong * (1 + _LOUD * wanted.clamp(max=0.2))).mean()
