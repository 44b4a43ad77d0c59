"""Several processes that train one model: what they average and agree on.

With layers this small a process for each core is faster than several threads in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.distributed as group
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Team:
    """One process's place among those that train together."""

    rank: int = 0
    processes: int = 1

    def average(self, parameters: Sequence[nn.Parameter]) -> None:
        """Give all processes the mean of their gradients."""
        if self.processes == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        group.all_reduce(flat)
        _spread(flat / self.processes, gradients)

    def follow(self, tensors: Sequence[Tensor]) -> None:
        """Give all processes the first one's tensors."""
        if self.processes == 1:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        group.broadcast(flat, 0)
        if self.rank:
            _spread(flat, tensors)

    def agree(self, value: float) -> float:
        """Return the first process's value."""
        if self.processes == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64)
        group.broadcast(shared, 0)
        return float(shared)


def _spread(flat: Tensor, tensors: Sequence[Tensor]) -> None:
    parts = flat.split([tensor.numel() for tensor in tensors])
    for tensor, part in zip(tensors, parts, strict=True):
        tensor.copy_(part.view_as(tensor))
