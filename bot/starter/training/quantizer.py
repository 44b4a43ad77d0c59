"""The residual vector quantizer, trained: moving averages, and codes nobody uses put to use.

Source: arXiv 1711.00937 (VQ-VAE, the moving averages), 2107.03312 (SoundStream, residual
quantization and the restart of unused codes), 2210.13438 (EnCodec).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

_DECAY = 0.98
_LEAST_USE = 0.2  # of the share that a code would have if all were used alike
_EVEN = 1e-5


@dataclass(frozen=True, slots=True)
class Quantized:
    """What the quantizer made of states.

    `states` [batch, frames, hidden] passes gradients straight through; `codes` is [batch,
    codebooks, frames]; `commitment` is the states' mean distance from their codes.
    """

    states: Tensor
    codes: Tensor
    commitment: Tensor


class Codebook(nn.Module):
    """One codebook, [size, width], learnt as the moving average of what falls to each code."""

    embed: Tensor
    cluster_size: Tensor
    embed_avg: Tensor
    inited: Tensor

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.register_buffer("inited", torch.zeros(1))
        self.register_buffer("cluster_size", torch.zeros(size))
        self.register_buffer("embed", torch.zeros(size, width))
        self.register_buffer("embed_avg", torch.zeros(size, width))

    def nearest(self, states: Tensor) -> Tensor:
        """Return the nearest code of each state, [states]."""
        distances = self.embed.square().sum(1) - 2 * states @ self.embed.t()
        return distances.argmin(1)

    @torch.no_grad()
    def learn(self, states: Tensor, codes: Tensor) -> None:
        """Move each code towards the states it stands for."""
        count = len(self.embed)
        hits = torch.bincount(codes, minlength=count).float()
        sums = torch.zeros_like(self.embed).index_add_(0, codes, states)
        self.cluster_size.lerp_(hits, 1 - _DECAY)
        self.embed_avg.lerp_(sums, 1 - _DECAY)
        total = self.cluster_size.sum()
        even = (self.cluster_size + _EVEN) / (total + count * _EVEN) * total
        self.embed.copy_(self.embed_avg / even[:, None])
        self._restart(states, total / count)

    @torch.no_grad()
    def begin(self, states: Tensor, rounds: int = 12) -> None:
        """Take the first codes from the states by k-means."""
        count = len(self.embed)
        choice = (
            torch.randint(len(states), (count,))
            if len(states) < count
            else torch.randperm(len(states))[:count]
        )
        self.embed.copy_(states[choice])
        for _ in range(rounds):
            codes = self.nearest(states)
            hits = torch.bincount(codes, minlength=count).float()
            sums = torch.zeros_like(self.embed).index_add_(0, codes, states)
            used = hits > 0
            self.embed[used] = sums[used] / hits[used, None]
            spare = int((~used).sum())
            if spare:
                self.embed[~used] = states[torch.randint(len(states), (spare,))]
        self.cluster_size.copy_(torch.bincount(self.nearest(states), minlength=count).float())
        self.cluster_size.clamp_(min=float(len(states)) / count * _LEAST_USE * 2)
        self.embed_avg.copy_(self.embed * self.cluster_size[:, None])
        self.inited.fill_(1)

    def _restart(self, states: Tensor, share: Tensor) -> None:
        idle = self.cluster_size < _LEAST_USE * share
        count = int(idle.sum())
        if not count:
            return
        fresh = states[torch.randint(len(states), (count,))]
        self.embed[idle] = fresh
        self.cluster_size[idle] = share
        self.embed_avg[idle] = fresh * share


class Quantizer(nn.Module):
    """Several codebooks, each of which codes what the ones before it left."""

    def __init__(self, codebooks: int, size: int, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Codebook(size, width) for _ in range(codebooks))

    @property
    def ready(self) -> bool:
        """Tell whether there are codes at all."""
        return bool(self.layers[0].inited)

    def forward(self, states: Tensor, *, learning: bool) -> Quantized:
        """Quantize states [batch, frames, hidden]; `learning` moves the codes."""
        shape = states.shape
        flat = states.reshape(-1, shape[-1])
        residual = flat.detach()
        chosen: list[Tensor] = []
        commitment = flat.new_zeros(())
        total = torch.zeros_like(residual)
        for book in self.layers:
            assert isinstance(book, Codebook)
            codes = book.nearest(residual)
            found = book.embed[codes]
            commitment = commitment + functional.mse_loss(flat - total, found)
            if learning:
                book.learn(residual, codes)
            residual = residual - found
            total = total + found
            chosen.append(codes.view(shape[:2]))
        straight = flat + (total - flat).detach()
        return Quantized(straight.view(shape), torch.stack(chosen, 1), commitment)

    @torch.no_grad()
    def begin(self, states: Tensor) -> None:
        """Take the first codes of all codebooks from states [states, hidden]."""
        residual = states
        for book in self.layers:
            assert isinstance(book, Codebook)
            book.begin(residual)
            residual = residual - book.embed[book.nearest(residual)]

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """Return the states of codes [batch, codebooks, frames]."""
        found = [book.embed[codes[:, n]] for n, book in enumerate(self.layers)]
        return torch.stack(found).sum(0)
