"""Initial weights of the decoder that repeat what came before: an induction circuit.

A model this small, trained this shortly, learns late that music repeats. So two heads begin with
it: the first gives every position the code before it, the second attends to a position that came
after the same code as now, and copies what is there. All of it is trained further.

Source: arXiv 2209.11895 (induction heads); that they are written down and not found is our own.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bot.starter.training.language.network import Decoder

_SHARPNESS_OF_PLACE = 2.4
_SHARPNESS_OF_MATCH = 1.3
_GAIN = 2.0
_CONFIDENCE = 0.35


@torch.no_grad()
def init_induction_heads(decoder: Decoder, width: int, heads: int) -> None:
    """Write the circuit into the first heads of the first two layers, the embeddings and heads.

    The width is shared out by the rate of the position embeddings in it: the fastest quarter tells
    places, the slowest tells codes, and of what lies between one half tells the codes before.
    """
    half, size = width // 2, width // heads
    quarter = size // 2
    fast = torch.cat([torch.arange(quarter), half + torch.arange(quarter)])
    slow = torch.cat(
        [half - quarter + torch.arange(quarter), width - quarter + torch.arange(quarter)]
    )
    before = quarter + torch.arange(size)
    for table in decoder.embeddings:
        for part in (table.own, table.shared):
            part[:, fast] = 0
            part[:, before] = 0
    _look_one_back(decoder, fast[:quarter], half, size)
    first, second = decoder.layers[0].self_attn, decoder.layers[1].self_attn
    _select(first.v_proj.weight, slow, 1.0)
    _place(first.out_proj.weight, before, _GAIN)
    _select(second.q_proj.weight, slow, _SHARPNESS_OF_MATCH)
    _select(second.k_proj.weight, before, _SHARPNESS_OF_MATCH)
    _select(second.v_proj.weight, slow, 1.0)
    _place(second.out_proj.weight, fast, _GAIN)
    for head, table in zip(decoder.heads, decoder.embeddings, strict=True):
        head.own[:, fast] = _CONFIDENCE * table.own[:-1][:, slow]
        head.shared[:, fast] = _CONFIDENCE * table.shared[:, slow]


def _look_one_back(decoder: Decoder, rates: Tensor, half: int, size: int) -> None:
    """Let the first head of the first layer attend to the position before."""
    attention = decoder.layers[0].self_attn
    count = len(rates)
    # The positions are cosines and sines of angles; turned back by a step they are those before.
    angles = decoder.get_buffer("positions")[1]
    cosine, sine = angles[rates], angles[half + rates]
    query = torch.zeros_like(attention.q_proj.weight[:size])
    rows = torch.arange(count)
    query[rows, rates], query[rows, half + rates] = cosine, sine
    query[count + rows, half + rates], query[count + rows, rates] = cosine, -sine
    attention.q_proj.weight[:size] = _SHARPNESS_OF_PLACE * query
    _select(attention.k_proj.weight, torch.cat([rates, half + rates]), _SHARPNESS_OF_PLACE)


def _select(weight: Tensor, columns: Tensor, gain: float) -> None:
    """Let the first head read some columns as they are."""
    size = len(columns)
    weight[:size] = 0
    weight[torch.arange(size), columns] = gain


def _place(weight: Tensor, rows: Tensor, gain: float) -> None:
    """Let the first head write to some rows as it is."""
    size = len(rows)
    weight[:, :size] = 0
    weight[rows, torch.arange(size)] = gain
