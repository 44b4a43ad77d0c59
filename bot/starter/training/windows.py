"""What the language model is shown: windows of coded loops, each with one of their captions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from bot.starter.training.codes import CodedLoop, Codes, delayed
from bot.starter.training.vocabulary import PAD, UNKNOWN

NO_TARGET = -100

_Window = NDArray[np.int64]
_FORGETTING = 0.2
_SHORTEST = 25
_NEARBY, _MOST_SLIP = 12, 4
_LONGEST_UNTOLD = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPlan:
    """What is drawn; frames are those of one process in one step."""

    frames: int = 3000
    # The shortest begin where a clip begins, many captions at once: nothing else can tell a tempo.
    # Most are about a lap long: what comes again after it is soon learnt.
    lengths: tuple[int, ...] = (256, 400, 640, 1000, 1500)
    shares: tuple[float, ...] = (0.45, 0.3, 0.1, 0.12, 0.03)
    dropped_text: float = 0.1
    unknown_words: float = 0.03
    from_the_start: float = 0.8
    # Of each length, rows of music that nobody has heard before, without a text: what can be known
    # is what comes again. Some are pieces; of the others, and of some pieces too, even the codes
    # stand for others.
    foreign: tuple[float, ...] = (0.0, 0.15, 0.3, 0.6, 0.5)
    pieces: float = 0.6
    recoded: float = 0.5
    # What a piece has told before anything is asked.
    told_frames: tuple[int, int] = (150, 500)
    # Rows of which a stretch is another loop, or the same one out of step: for how many frames at
    # least, and how many of them begin like that. From there only the words lead back.
    strayed_rows: float = 0.5
    shortest_stray: int = 5
    strayed_from_the_start: float = 0.4
    # Of a row's codes, and how many rows have so many.
    wrong_codes: tuple[float, ...] = (0.0, 0.05, 0.15, 0.3)
    wrong_shares: tuple[float, ...] = (0.2, 0.3, 0.3, 0.2)
    # How much less of that there is at the end: in what is nearly known little goes wrong.
    calmed: float = 0.7
    # A clip's first code tells its loop, and is one target among hundreds.
    opening_weight: float = 20.0
    opening_steps: int = 6
    # What is hardest is drawn so many times as often as what is easiest, at most.
    most_attention: float = 6.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step is trained on; see Language.forward.

    `weights` [batch, steps] tell how much each step counts: where a clip begins, the words alone
    decide which loop it will be. `beats` [batch, steps] is how many frames each step is before the
    next beat, NO_TARGET where nobody knows; `loops` [batch] is which loop it is, -1 where foreign.
    """

    tokens: Tensor
    targets: Tensor
    weights: Tensor
    words: Tensor
    mask: Tensor
    dropped: Tensor
    beats: Tensor
    loops: NDArray[np.int64]


class Windows:
    """Draws windows of loops, most from their beginning, with one of their captions.

    Loops that are not known yet are drawn more often than those that are: `losses` [loops] is how
    hard each was when it was last heard.
    """

    def __init__(
        self,
        loops: Sequence[CodedLoop],
        pieces: Sequence[Codes],
        tokenizer: Tokenizer,
        plan: WindowPlan,
        losses: NDArray[np.float64] | None = None,
    ) -> None:
        self.loops, self.pieces, self.plan = loops, pieces, plan
        self.words = [[e.ids for e in tokenizer.encode_batch(list(p.captions))] for p in loops]
        self.shares = np.array([loop.share for loop in loops])
        self.losses = np.ones(len(loops)) if losses is None else losses

    def learnt(self, loops: NDArray[np.int64], losses: NDArray[np.float32]) -> None:
        """Take note of how hard each row of a batch was."""
        for loop, loss in zip(loops, losses, strict=True):
            if loop >= 0:
                self.losses[loop] += _FORGETTING * (loss - self.losses[loop])

    def draw(self, start_token: int, random: np.random.Generator, progress: float = 0.0) -> Batch:
        """Return a batch of windows of one length; with progress to 1 less of them is wrong."""
        plan = self.plan
        length = int(random.choice(len(plan.lengths), p=plan.shares))
        frames = plan.lengths[length]
        rows, books = max(1, plan.frames // frames), len(self.loops[0].codes)
        shares = self.shares * self._attention()
        choice = random.choice(len(self.loops), size=rows, p=shares / shares.sum())
        is_opening = frames == min(plan.lengths)
        foreign = random.random(rows) < plan.foreign[length]
        windows, targets, beats, weights = [], [], [], []
        for loop, is_foreign in zip((self.loops[n] for n in choice), foreign, strict=True):
            steps = np.arange(frames)
            if is_foreign:
                window, unasked = self._foreign(frames, start_token, random)
                targets.append(np.where(steps < unasked, NO_TARGET, window))
                weights.append(np.ones(frames + books - 1))
                beats.append(np.full(frames, NO_TARGET))
            else:
                begins = is_opening or random.random() < plan.from_the_start
                start = 0 if begins else int(random.integers(loop.codes.shape[1]))
                window = _window(loop, frames, start, begins)
                targets.append(window)
                opens = plan.opening_weight * (np.arange(frames + books - 1) < plan.opening_steps)
                weights.append(1 + (opens if begins else 0 * opens))
                beats.append(-(start + steps) % loop.beat_frames)
            windows.append(window)
        wanted = delayed(np.stack(targets), start_token)[..., 1:]
        pattern = delayed(np.stack(windows), start_token)
        dropped = foreign | (random.random(rows) < plan.dropped_text)
        calm = 1 - plan.calmed * progress
        heard = self._strayed(pattern, choice, ~dropped, start_token, random, calm)
        captions = [self.words[n][random.integers(len(self.words[n]))] for n in choice]
        words, mask = lay_out(captions, plan.unknown_words, random)
        return Batch(
            torch.from_numpy(heard[..., :-1].copy()),
            torch.from_numpy(np.where(wanted == start_token, NO_TARGET, wanted)),
            torch.from_numpy(np.stack(weights).astype(np.float32)),
            words,
            mask,
            torch.from_numpy(dropped),
            torch.from_numpy(np.stack(beats)),
            np.where(foreign, -1, choice),
        )

    def _attention(self) -> NDArray[np.float64]:
        hardest = self.losses.max()
        return np.maximum(self.losses, hardest / self.plan.most_attention)

    def _foreign(self, frames: int, codes: int, random: np.random.Generator) -> tuple[_Window, int]:
        """Return music of which no text tells, and how many of its frames can't be foretold."""
        pieces = [piece for piece in self.pieces if piece.shape[1] >= frames]
        if pieces and random.random() < self.plan.pieces:
            piece = pieces[int(random.integers(len(pieces)))]
            start = int(random.integers(piece.shape[1] - frames + 1))
            window = piece[:, start : start + frames].astype(np.int64)
            told = min(int(random.integers(*self.plan.told_frames)), frames // 2)
        else:
            told = round(math.exp(random.uniform(math.log(_SHORTEST), math.log(frames / 2))))
            once = self._anything(told, random)
            window = np.tile(once, (1, frames // told + 1))[:, :frames]
        if random.random() < self.plan.recoded:
            window = np.stack([random.permutation(codes)[book] for book in window])
        return window, told

    def _anything(self, frames: int, random: np.random.Generator) -> _Window:
        """Return so many frames, of one loop after the other."""
        parts: list[NDArray[np.uint16]] = []
        while sum(part.shape[1] for part in parts) < frames:
            loop = self.loops[int(random.integers(len(self.loops)))]
            parts.append(np.roll(loop.codes, int(random.integers(loop.codes.shape[1])), axis=1))
        return np.concatenate(parts, axis=1)[:, :frames].astype(np.int64)

    def _strayed(
        self,
        pattern: _Window,
        choice: NDArray[np.int64],
        is_told: NDArray[np.bool_],
        start_token: int,
        random: np.random.Generator,
        strength: float,
    ) -> _Window:
        """Put wrong codes among those that are heard, as a model that made them itself would.

        One that has only heard what is right holds the last tone for ever once it has strayed.
        """
        plan = self.plan
        heard = pattern.copy()
        rows, _, steps = heard.shape
        for row in np.flatnonzero(random.random(rows) < plan.strayed_rows * strength):
            # Without words there must be enough left to find back.
            most = math.log((steps if is_told[row] else _LONGEST_UNTOLD) / plan.shortest_stray)
            length = round(plan.shortest_stray * math.exp(random.uniform(0, most)))
            is_early = random.random() < plan.strayed_from_the_start
            start = 1 if is_early else int(random.integers(1, steps))
            length = min(length, steps - start)
            heard[row, :, start : start + length] = self._elsewhere(
                int(choice[row]), pattern, start, length, random
            )
        rates = random.choice(plan.wrong_codes, size=rows, p=plan.wrong_shares) * strength
        wrong = random.random(heard.shape) < rates[:, None, None]
        # Half of them are any code, half what is heard elsewhere: so are a model's mistakes.
        elsewhere = pattern[random.permutation(rows)][:, :, random.permutation(steps)]
        anything = random.integers(start_token, size=heard.shape)
        noise = np.where(random.random(heard.shape) < 0.5, anything, elsewhere)
        heard = np.where(wrong & (noise != start_token), noise, heard)
        return np.where((pattern == start_token) | (heard == start_token), pattern, heard)

    def _elsewhere(
        self, loop: int, pattern: _Window, start: int, length: int, random: np.random.Generator
    ) -> _Window:
        """Return what might be heard by mistake: another row, a loop nearby, or a slip in time."""
        kind = int(random.integers(3))
        if kind == 0:
            return pattern[int(random.integers(len(pattern))), :, start : start + length]
        if kind == 1:
            # Those of a style follow each other.
            near = loop + int(random.integers(-_NEARBY, _NEARBY + 1))
            loop = min(max(near, 0), len(self.loops) - 1)
        slip = int(random.integers(-_MOST_SLIP, _MOST_SLIP + 1)) * kind // 2
        codes = self.loops[loop].codes
        places = np.arange(start, start + length) + slip
        late = np.arange(len(codes))[:, None] + 1
        return np.take_along_axis(codes, (places - late) % codes.shape[1], axis=1).astype(np.int64)


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
