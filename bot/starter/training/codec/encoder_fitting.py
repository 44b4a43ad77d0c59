"""Let the encoder find new vectors: its last layer anew, by ridge regression.

All layers before stay as they are: what they hear of the mix says as much of the new vectors as it
did of those that they were trained for.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.starter.composer.compose import compose
from bot.starter.training.codec.stem_codec import StemCodec
from bot.starter.training.data.encoding import encode_piece
from bot.starter.training.data.mixing import SampleBank, render_mix

_SECONDS, _FRAMES = 6.0, 300
_LOUDER_DB = 6.0


@torch.no_grad()
def fit_encoder(codec: StemCodec, bank: SampleBank, pieces: int, first_seed: int) -> Tensor:
    """Refit the encoder's last layer to the vectors of the codec.

    Returns the share of sounding frames whose code is then recognised, for each sounding book.
    """
    layers = codec.codec.encoder.layers
    assert isinstance(layers, nn.ModuleList)
    conv, tables = layers[-1].conv, codec.tables()
    size = conv.weight[0].numel() + 1
    square, product = torch.zeros(size, size), torch.zeros(size, conv.weight.shape[0])
    right, count = torch.zeros(len(tables)), torch.zeros(len(tables))
    tests = max(1, pieces // 8)
    weights = torch.zeros(0)
    for number in range(pieces + tests):
        codes = encode_piece(compose(first_seed + number, seconds=_SECONDS), _FRAMES)
        random = np.random.default_rng(number)
        louder = np.float32(10 ** (random.uniform(-_LOUDER_DB, _LOUDER_DB) / 20))
        heard = _heard(layers, torch.from_numpy(render_mix(codes, bank) * louder))
        told = torch.from_numpy(codes.astype(np.int64))[None]
        goal = codec.states(told, tables)[0]
        if number < pieces:
            square += heard.t() @ heard
            product += heard.t() @ goal
            continue
        if number == pieces:
            ridge = 1e-3 * square.diagonal().mean() * torch.eye(size)
            weights = torch.linalg.solve(square + ridge, product)
            kernel = weights[:-1].t().unflatten(1, (conv.weight.shape[1], -1))
            conv.weight.copy_(kernel[:, :, None, :])
            conv.bias.copy_(weights[-1])
        found, first = heard @ weights, 0
        for book, table in enumerate(tables):
            width = table.shape[1]
            near = torch.cdist(found[:, first : first + width], table).argmin(1)
            truth = told[0, len(codes) - len(tables) + book]
            right[book] += ((near == truth) & (truth > 0)).sum()
            count[book] += (truth > 0).sum()
            first += width
    return right / count


def _heard(layers: nn.ModuleList, sound: Tensor) -> Tensor:
    """Return what the last layer hears, [frames, channels * taps + 1], with a one at the end."""
    states = sound[None, None, None, :].to(memory_format=torch.channels_last)
    for layer in layers[:-1]:
        states = layer(states)
    padded = functional.pad(states[:, :, 0], (3, 3), mode="reflect")
    windows = padded[0].unfold(1, 7, 1).permute(1, 0, 2).flatten(1)
    return torch.cat([windows, torch.ones(len(windows), 1)], 1)
