"""What the language model is shown: windows of coded pieces, each with one of their captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from bot.starter.training.codes import CodedPiece, delayed
from bot.starter.training.vocabulary import PAD, UNKNOWN

NO_TARGET = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPlan:
    """What is drawn; frames are those of one process in one step."""

    frames: int = 3000
    # Short windows hold many captions, of which much is needed; long ones tell what repeats.
    lengths: tuple[int, ...] = (250, 1000, 1500)
    shares: tuple[float, ...] = (0.8, 0.1, 0.1)
    dropped_text: float = 0.12
    unknown_words: float = 0.03
    on_a_phrase: float = 0.8
    strayed_rows: float = 0.5
    wrong_codes: float = 0.08


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step is trained on; see Language.forward."""

    tokens: Tensor
    targets: Tensor
    words: Tensor
    mask: Tensor
    dropped: Tensor


class Windows:
    """Draws windows of pieces, most from where a phrase begins, with one of their captions."""

    def __init__(
        self, pieces: Sequence[CodedPiece], tokenizer: Tokenizer, plan: WindowPlan
    ) -> None:
        self.pieces, self.plan = pieces, plan
        self.words = [[e.ids for e in tokenizer.encode_batch(list(p.captions))] for p in pieces]

    def draw(self, start_token: int, random: np.random.Generator) -> Batch:
        """Return a batch of windows, all of one length."""
        frames = int(random.choice(self.plan.lengths, p=self.plan.shares))
        rows = max(1, self.plan.frames // frames)
        choice = random.integers(len(self.pieces), size=rows)
        codes = np.stack([self._window(self.pieces[n], frames, random) for n in choice])
        pattern = delayed(codes, start_token)
        targets = pattern[..., 1:].copy()
        targets[targets == start_token] = NO_TARGET
        pattern = self._strayed(pattern, start_token, random)
        captions = [self.words[n][random.integers(len(self.words[n]))] for n in choice]
        words, mask = lay_out(captions, self.plan.unknown_words, random)
        dropped = random.random(rows) < self.plan.dropped_text
        return Batch(
            torch.from_numpy(pattern[..., :-1].copy()),
            torch.from_numpy(targets),
            words,
            mask,
            torch.from_numpy(dropped),
        )

    def _window(
        self, piece: CodedPiece, frames: int, random: np.random.Generator
    ) -> NDArray[np.int64]:
        spare = piece.codes.shape[1] - frames
        start = int(random.integers(spare + 1))
        if random.random() < self.plan.on_a_phrase:
            # Where most phrases begin, as a clip should.
            phrase = 4 * piece.bar_frames
            start = start // phrase * phrase
        return piece.codes[:, start : start + frames].astype(np.int64)

    def _strayed(
        self, pattern: NDArray[np.int64], start_token: int, random: np.random.Generator
    ) -> NDArray[np.int64]:
        """Put wrong codes among those that are heard, as a model that made them itself would.

        One that has only heard what is right holds the last tone for ever once it has strayed.
        """
        heard = pattern.copy()
        rows, _, steps = heard.shape
        for row in np.flatnonzero(random.random(rows) < self.plan.strayed_rows):
            length = int(random.integers(5, 30))
            start = int(random.integers(4, steps - length))
            other = pattern[int(random.integers(rows))]
            heard[row, :, start : start + length] = other[:, start : start + length]
        wrong = random.random(heard.shape) < self.plan.wrong_codes
        noise = random.integers(start_token, size=heard.shape)
        return np.where(wrong & (pattern != start_token), noise, heard)


def lay_out(
    texts: Sequence[Sequence[int]], lost: float, random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Lay texts side by side: their words [texts, longest], and where there is one.

    A share `lost` of the words becomes the unknown one, that it may be met later.
    """
    table = np.full((len(texts), max(map(len, texts))), PAD, np.int64)
    for row, ids in enumerate(texts):
        gone = random.random(len(ids)) < lost
        gone[-1] = False  # the end stays
        table[row, : len(ids)] = np.where(gone, UNKNOWN, ids)
    return torch.from_numpy(table), torch.from_numpy(table != PAD)
