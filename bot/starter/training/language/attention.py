"""Attention for training; on processors PyTorch's own takes twice as long.

Both kinds expect what autocast made of the projections, and compute in the same precision.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx
from torch.nn import functional

_BLOCK = 256
_FORBIDDEN = -1e4


def attend_to_past(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Let every position attend to itself and those before: [batch, heads, steps, width].

    Source: arXiv 2205.14135 for the gradient from the output alone; the probabilities are kept.
    """
    if query.device.type != "cpu":
        return functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    output: Tensor = _Past.apply(query, key, value)
    return output


def attend_to_words(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """Let every position attend to the words where `mask` [batch, 1, 1, words] is true."""
    bias = torch.zeros_like(mask, dtype=query.dtype).masked_fill(~mask, _FORBIDDEN)
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(2, 3) + bias
    with torch.autocast(query.device.type, enabled=False):
        return scores.softmax(-1) @ value


class _Past(torch.autograd.Function):
    @staticmethod
    def forward(context: FunctionCtx, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        query = query * query.shape[-1] ** -0.5
        output = torch.empty_like(query)
        shares = []
        with torch.autocast("cpu", enabled=False):
            for start, end in _blocks(query):
                scores = query[:, :, start:end] @ key[:, :, :end].transpose(2, 3)
                future = torch.full((end - start, end - start), _FORBIDDEN, dtype=scores.dtype)
                scores[..., start:] += future.triu(1)
                shares.append(scores.softmax(-1))
                output[:, :, start:end] = shares[-1] @ value[:, :, :end]
        context.save_for_backward(query, key, value, output, *shares)
        return output

    @staticmethod
    def backward(context: FunctionCtx, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        (gradient,) = gradients
        query, key, value, output, *shares = context.saved_tensors
        to_query = torch.empty_like(query)
        to_key, to_value = torch.zeros_like(key), torch.zeros_like(value)
        common = (gradient * output).sum(-1, keepdim=True)
        with torch.autocast("cpu", enabled=False):
            for share, (start, end) in zip(shares, _blocks(query), strict=True):
                part = gradient[:, :, start:end]
                to_value[:, :, :end] += share.transpose(2, 3) @ part
                scores = part @ value[:, :, :end].transpose(2, 3)
                scores = scores.sub_(common[:, :, start:end]).mul_(share)
                to_query[:, :, start:end] = scores @ key[:, :, :end]
                to_key[:, :, :end] += scores.transpose(2, 3) @ query[:, :, start:end]
        return to_query * query.shape[-1] ** -0.5, to_key, to_value


def _blocks(query: Tensor) -> list[tuple[int, int]]:
    steps = query.shape[2]
    return [(start, min(start + _BLOCK, steps)) for start in range(0, steps, _BLOCK)]
