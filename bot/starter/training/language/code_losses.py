"""What the language model's guesses of codes cost.

Frames count for more in which a codebook has said nothing yet: there words have their say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.starter.training.data.codebooks import BOOKS, SILENCE
from bot.starter.training.data.windows import NO_TARGET, START, Batch
from bot.starter.training.language.guidance_teacher import TeacherStates


@dataclass(frozen=True, slots=True, kw_only=True)
class LossSettings:
    """What counts for how much."""

    # The chords decide on the key, and the melody is what people listen to.
    book_weights: tuple[float, ...] = (1.0, 4.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0)
    # Until a codebook has said something, each frame of it counts so much.
    undecided_weight: float = 10.0
    # Of the frames after that, so many are asked: the heads are a third of what a step costs.
    decided_share: float = 1.0
    # Where a teacher is asked, so much of the loss is still the pieces' own codes.
    codes_share: float = 0.3


def is_undecided(tokens: Tensor) -> Tensor:
    """Tell of each frame whether a codebook has said nothing before it: tokens [rows, frames].

    Its first code decides on an instrument, a tempo or a key, and those after it follow: there
    words have their say, in one of hundreds of frames. What counts more is known before the frame
    is, so that how likely each code is, given what was played, stays true.
    """
    is_sounding = (tokens != SILENCE) & (tokens != START)
    return is_sounding.cumsum(1) == 0


def code_losses(
    heads: Iterable[nn.Module],
    states: Tensor,
    batch: Batch,
    settings: LossSettings,
    random: torch.Generator,
    teacher_states: TeacherStates | None = None,
) -> Tensor:
    """Return of each codebook the mean loss, and what weighting adds to it: [books, 2].

    Of frames that have been decided on, those of a sample stand for those that are left out.
    `states` [rows, frames, width] are the decoder's. With a teacher, codes are as likely as its
    teacher says, but for a share that the piece's own code gets.
    """
    frames = batch.targets.shape[2] - len(BOOKS) + 1
    extra, share = settings.undecided_weight - 1, settings.decided_share
    found = []
    for book, head in enumerate(heads):
        # Codebook k is only asked in the steps that its delay leaves it.
        asked = slice(book, book + frames)
        targets = batch.targets[:, book, asked].flatten()
        undecided = is_undecided(batch.tokens[:, book, asked]).flatten()
        count = (targets != NO_TARGET).sum()
        drawn = torch.rand(targets.shape, generator=random, device=targets.device) < share
        chosen = (undecided | drawn) & (targets != NO_TARGET)
        undecided = undecided[chosen]
        scores = functional.linear(states[:, asked].flatten(0, 1)[chosen], head())
        losses = functional.cross_entropy(scores.float(), targets[chosen], reduction="none")
        if teacher_states is not None:
            likely = teacher_states.targets(book, chosen, undecided, asked)
            taught = functional.cross_entropy(scores.float(), likely, reduction="none")
            mixed = torch.lerp(taught, losses, settings.codes_share)
            is_taught = ~undecided | teacher_states.teaches_beginnings(book)
            losses = torch.where(is_taught, mixed, losses)
        plain = torch.where(undecided, losses, losses / share)
        found.append(torch.stack([plain.sum(), extra * (losses * undecided).sum()]) / count)
    return torch.stack(found)
