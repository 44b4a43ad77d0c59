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

_Window = NDArray[np.int64]
_FORGETTING = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPlan:
    """What is drawn; frames are those of one process in one step."""

    frames: int = 3000
    # The shortest begin where a clip begins, many captions at once: nothing else can tell a tempo.
    # Most are about a lap long: what comes again after it is soon learnt.
    lengths: tuple[int, ...] = (256, 400, 640, 1500)
    shares: tuple[float, ...] = (0.6, 0.25, 0.1, 0.05)
    dropped_text: float = 0.1
    unknown_words: float = 0.03
    from_the_start: float = 0.8
    # Rows of music that nobody has heard before, without a text: what can be known is what comes
    # again. Of some, even the codes stand for others.
    foreign: float = 0.15
    recoded: float = 0.5
    strayed_rows: float = 0.4
    # Of a row's codes, and how many rows have so many.
    wrong_codes: tuple[float, ...] = (0.0, 0.05, 0.15, 0.3)
    wrong_shares: tuple[float, ...] = (0.2, 0.3, 0.3, 0.2)
    # What is hardest is drawn so many times as often as what is easiest, at most.
    most_attention: float = 6.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step is trained on; see Language.forward.

    `beats` [batch, steps] is how many frames each step is before the next beat, NO_TARGET where
    nobody knows; `songs` [batch] is which song it is, -1 where foreign.
    """

    tokens: Tensor
    targets: Tensor
    words: Tensor
    mask: Tensor
    dropped: Tensor
    beats: Tensor
    songs: NDArray[np.int64]


class Windows:
    """Draws windows of loops, most from their beginning, with one of their captions.

    Songs that are not known yet are drawn more often than those that are.
    """

    def __init__(self, loops: Sequence[CodedLoop], tokenizer: Tokenizer, plan: WindowPlan) -> None:
        self.loops, self.plan = loops, plan
        self.words = [[e.ids for e in tokenizer.encode_batch(list(p.captions))] for p in loops]
        self.shares = np.array([loop.share for loop in loops])
        names = sorted({loop.song for loop in loops})
        self.songs = np.array([names.index(loop.song) for loop in loops])
        self.losses = np.ones(len(names))

    def learnt(self, songs: NDArray[np.int64], losses: NDArray[np.float32]) -> None:
        """Take note of how hard each row of a batch was."""
        for song, loss in zip(songs, losses, strict=True):
            if song >= 0:
                self.losses[song] += _FORGETTING * (loss - self.losses[song])

    def draw(self, start_token: int, random: np.random.Generator) -> Batch:
        """Return a batch of windows, all of one length."""
        plan = self.plan
        frames = int(random.choice(plan.lengths, p=plan.shares))
        rows = max(1, plan.frames // frames)
        shares = self.shares * self._attention()[self.songs]
        choice = random.choice(len(self.loops), size=rows, p=shares / shares.sum())
        is_opening = frames == min(plan.lengths)
        foreign = (random.random(rows) < plan.foreign) & (not is_opening)
        windows, targets, beats = [], [], []
        for loop, is_foreign in zip((self.loops[n] for n in choice), foreign, strict=True):
            steps = np.arange(frames)
            if is_foreign:
                window, unasked = self._foreign(loop, frames, start_token, random)
                targets.append(np.where(steps < unasked, NO_TARGET, window))
                beats.append(np.full(frames, NO_TARGET))
            else:
                begins = is_opening or random.random() < plan.from_the_start
                start = 0 if begins else int(random.integers(loop.codes.shape[1]))
                window = _window(loop, frames, start, begins)
                targets.append(window)
                beats.append(-(start + steps) % loop.beat_frames)
            windows.append(window)
        wanted = delayed(np.stack(targets), start_token)[..., 1:]
        heard = self._strayed(delayed(np.stack(windows), start_token), start_token, random)
        captions = [self.words[n][random.integers(len(self.words[n]))] for n in choice]
        words, mask = lay_out(captions, plan.unknown_words, random)
        dropped = foreign | (random.random(rows) < plan.dropped_text)
        return Batch(
            torch.from_numpy(heard[..., :-1].copy()),
            torch.from_numpy(np.where(wanted == start_token, NO_TARGET, wanted)),
            words,
            mask,
            torch.from_numpy(dropped),
            torch.from_numpy(np.stack(beats)),
            np.where(foreign, -1, self.songs[choice]),
        )

    def _attention(self) -> NDArray[np.float64]:
        hardest = self.losses.max()
        return np.maximum(self.losses, hardest / self.plan.most_attention)

    def _foreign(
        self, loop: CodedLoop, frames: int, codes: int, random: np.random.Generator
    ) -> tuple[_Window, int]:
        """Return a stretch of a loop again and again, and how many frames can't be foretold."""
        lap = loop.codes.shape[1]
        short = [lap // parts for parts in (1, 2, 4, 8, 16) if lap // parts <= frames // 2]
        stretch = int(random.choice(short)) if short else frames // 2
        start = int(random.integers(lap))
        once = np.take(loop.codes, np.arange(start, start + stretch) % lap, axis=1)
        if random.random() < self.plan.recoded:
            once = np.stack([random.permutation(codes)[book] for book in once])
        laps = np.tile(once, (1, frames // stretch + 1))
        return laps[:, :frames].astype(np.int64), stretch

    def _strayed(self, pattern: _Window, start_token: int, random: np.random.Generator) -> _Window:
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


def _window(loop: CodedLoop, frames: int, start: int, begins: bool) -> _Window:
    places = np.arange(start, start + frames) % loop.codes.shape[1]
    window = np.take(loop.codes, places, axis=1).astype(np.int64)
    if begins:
        opening = min(frames, loop.opening.shape[1])
        window[:, :opening] = loop.opening[:, :opening]
    return window


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
