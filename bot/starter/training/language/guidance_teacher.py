"""What a trained model would play with guidance, for another to learn without it.

Guidance makes words count for more, at twice the work, and where a piece has begun it amplifies
noise. So it is learnt for the frames alone in which a codebook has said nothing yet: for all
others the teacher is the model as it was, so that new words cost nothing of what it could. How
tempo, harmony and drums begin is not taught: there guidance brings nothing, or even pulls to what
is usual in a style, and new words have their say there.

Source: arXiv 2207.12598 (classifier-free guidance), 2210.03142 (its distillation).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bot.starter.training.data.codebooks import BASS, CHORDS, LEAD
from bot.starter.training.data.windows import Batch
from bot.starter.training.language.network import Language

_TAUGHT = (BASS, *CHORDS, LEAD)


@dataclass(frozen=True, slots=True)
class TeacherStates:
    """What a teacher makes of a batch: states [rows, frames, width] with its texts and without.

    With guidance 1 there are none without.
    """

    tables: tuple[Tensor, ...]
    conditional: Tensor
    unconditional: Tensor | None
    guidance: float

    def teaches_beginnings(self, book: int) -> bool:
        """Tell whether a codebook is taught in frames in which it has said nothing yet."""
        return book in _TAUGHT

    def targets(self, book: int, where: Tensor, undecided: Tensor, steps: slice) -> Tensor:
        """Return how likely each code is, [frames, codes], in frames that are chosen.

        `where` [rows x frames] chooses among the frames of `steps`; of what is chosen, `undecided`
        tells the frames for which guidance counts.
        """
        table = self.tables[book]
        conditional = functional.linear(
            self.conditional[:, steps].flatten(0, 1)[where], table
        ).float()
        if self.unconditional is None:
            return conditional.softmax(1)
        unconditional = functional.linear(
            self.unconditional[:, steps].flatten(0, 1)[where], table
        ).float()
        scale = torch.where(undecided, self.guidance, 1.0)[:, None]
        return (unconditional + scale * (conditional - unconditional)).softmax(1)


class GuidanceTeacher:
    """A model that stays as it is."""

    def __init__(self, model: Language, guidance: float) -> None:
        self.model = model.eval().requires_grad_(False)
        self.guidance = guidance
        self._tables = tuple(head().detach() for head in model.decoder.heads)

    @torch.no_grad()
    def teach(self, batch: Batch) -> TeacherStates:
        """Return what there is to learn from a batch."""
        conditional = self.model(batch.tokens, batch.words, batch.mask, batch.dropped)
        unconditional = None
        if self.guidance != 1:
            all_dropped = torch.ones_like(batch.dropped)
            unconditional = self.model(batch.tokens, batch.words, batch.mask, all_dropped)
        return TeacherStates(self._tables, conditional, unconditional, self.guidance)
