"""How well the codec's encoder finds the codes of a mix."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from bot.starter.training.codec.latent_layout import SOUNDING
from bot.starter.training.codec.stem_codec import StemCodec
from bot.starter.training.mixed_precision import mixed_precision

_MOST_GAIN_DB = 6


def recognition_loss(
    model: StemCodec, wanted: Tensor, shown: Tensor
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Return how badly the encoder finds the codes of a sound, and how often it is right.

    `wanted` [crops, samples] is the sound of the codes `shown` [crops, books, frames]. The losses
    are those of codes and of states; the shares of right codes are one for each sounding codebook.
    """
    with mixed_precision(shown.device):
        gains_db = torch.empty(len(shown), 1, device=shown.device)
        louder = 10 ** (gains_db.uniform_(-_MOST_GAIN_DB, _MOST_GAIN_DB) / 20)
        states, scores = model.recognise(wanted * louder)
    truth = [shown[:, book] for book in SOUNDING]
    found = torch.stack(
        [
            functional.cross_entropy(each.float().flatten(0, 1), true.flatten())
            for each, true in zip(scores, truth, strict=True)
        ]
    ).mean()
    goal = model.key_states(shown).detach()
    near = functional.mse_loss(states.float(), goal) / (goal.var() + 1e-4)
    right = [
        (each.argmax(-1) == true)[true > 0].float().mean()
        for each, true in zip(scores, truth, strict=True)
    ]
    return found, near, right
