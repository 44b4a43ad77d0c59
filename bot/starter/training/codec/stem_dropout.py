"""Stem dropout: which stems of a crop are audible, so that codebooks can be decoded alone."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from bot.starter.training.data.codebooks import BOOKS, STEMS


def draw_audible_stems(rows: int, whole_share: float) -> Tensor:
    """Draw for each row which stems are audible, [rows, stems].

    A share of the rows keeps all stems; of the others half keep any of them, and half only one.
    """
    kind = torch.rand(rows)
    some = torch.rand(rows, len(STEMS)) < 0.5
    one = functional.one_hot(torch.randint(len(STEMS), (rows,)), len(STEMS)).bool()
    whole = kind[:, None] < whole_share
    return whole | torch.where(kind[:, None] < (1 + whole_share) / 2, some, one)


def audible_books(keep: Tensor) -> Tensor:
    """Return 1 for each codebook whose stem is audible and 0 for the others, [rows, books]."""
    heard = torch.ones(len(keep), len(BOOKS), dtype=torch.long, device=keep.device)
    for number, books in enumerate(STEMS.values()):
        heard[:, list(books)] = keep[:, number, None].long()
    return heard
