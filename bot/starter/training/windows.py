"""What the language model is shown: windows of coded loops, each with one of their captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from bot.starter.training.codes import CodedLoop, delayed
from bot.starter.training.vocabulary import PAD, UNKNOWN

NO_TARGET = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPlan:
    """What is drawn; frames are those of one process in one step."""

    frames: int = 3000
    # Most windows are about a lap long: what comes again after it is soon learnt.
    lengths: tuple[int, ...] = (320, 512, 1024, 1500)
    shares: tuple[float, ...] = (0.55, 0.3, 0.1, 0.05)
    dropped_text: float = 0.1
    unknown_words: float = 0.03
    from_the_start: float = 0.8
    strayed_rows: float = 0.4
    # Of a row's codes, and how many rows have so many.
    wrong_codes: tuple[float, ...] = (0.0, 0.05, 0.15, 0.3)
    wrong_shares: tuple[float, ...] = (0.2, 0.3, 0.3, 0.2)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step is trained on; see Language.forward."""

    tokens: Tensor
    targets: Tensor
    words: Tensor
    mask: Tensor
    dropped: Tensor


class Windows:
    """Draws windows of loops, most from their beginning, with one of their captions."""

    def __init__(self, loops: Sequence[CodedLoop], tokenizer: Tokenizer, plan: WindowPlan) -> None:
        self.loops, self.plan = loops, plan
        self.words = [[e.ids for e in tokenizer.encode_batch(list(p.captions))] for p in loops]
        shares = np.array([loop.share for loop in loops])
        self.shares = shares / shares.sum()

    def draw(self, start_token: int, random: np.random.Generator) -> Batch:
        """Return a batch of windows, all of one length."""
        frames = int(random.choice(self.plan.lengths, p=self.plan.shares))
        rows = max(1, self.plan.frames // frames)
        choice = random.choice(len(self.loops), size=rows, p=self.shares)
        codes = np.stack([self._window(self.loops[n], frames, random) for n in choice])
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
        self, loop: CodedLoop, frames: int, random: np.random.Generator
    ) -> NDArray[np.int64]:
        lap = loop.codes.shape[1]
        begins = random.random() < self.plan.from_the_start
        start = 0 if begins else int(random.integers(lap))
        window = loop.codes[:, np.arange(start, start + frames) % lap].astype(np.int64)
        if begins:
            opening = min(frames, loop.opening.shape[1])
            window[:, :opening] = loop.opening[:, :opening]
        return window

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
        plan = self.plan
        rates = random.choice(plan.wrong_codes, size=rows, p=plan.wrong_shares)
        wrong = random.random(heard.shape) < rates[:, None, None]
        # Half of them are any code, half what is heard elsewhere: so are a model's mistakes.
        elsewhere = pattern[random.permutation(rows)][:, :, random.permutation(steps)]
        anything = random.integers(start_token, size=heard.shape)
        noise = np.where(random.random(heard.shape) < 0.5, anything, elsewhere)
        return np.where(wrong & (pattern != start_token) & (noise != start_token), noise, heard)


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
