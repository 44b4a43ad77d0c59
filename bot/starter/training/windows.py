"""What the language model is shown: windows of coded loops, each with one of their captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from bot.starter.training.codes import CodedLoop, CodedPiece, delayed
from bot.starter.training.foreign import Foreign, ForeignPlan
from bot.starter.training.mistakes import MistakePlan, Mistakes
from bot.starter.training.vocabulary import PAD, UNKNOWN

NO_TARGET = -100

_Window = NDArray[np.int64]
_FORGETTING = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPlan:
    """What is drawn; frames are those of one process in one step."""

    frames: int = 3000
    # The shortest begin where a clip begins, many captions at once: nothing else can tell a tempo.
    # Most are about a lap long: what comes again after it is soon learnt.
    lengths: tuple[int, ...] = (256, 400, 640, 1000, 1500)
    shares: tuple[float, ...] = (0.42, 0.25, 0.1, 0.2, 0.03)
    dropped_text: float = 0.1
    unknown_words: float = 0.03
    from_the_start: float = 0.8
    # Of each length, rows of foreign music, without a text.
    foreign: tuple[float, ...] = (0.0, 0.15, 0.5, 0.75, 0.6)
    foreign_music: ForeignPlan = field(default_factory=ForeignPlan)
    mistakes: MistakePlan = field(default_factory=MistakePlan)
    # How many mistakes less there are at the end: in what is nearly known little goes wrong.
    calmed: float = 0.7
    # A clip's first code tells its loop, and is one target among hundreds.
    opening_weight: float = 20.0
    opening_steps: int = 6
    # Where foreign music first has to be gone on with.
    seam_weight: float = 2.0
    seam_steps: int = 100
    # What is hardest is drawn so many times as often as what is easiest, at most.
    most_attention: float = 6.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step is trained on; see Language.forward.

    `weights` [batch, steps] tell how much each step counts: where a clip begins, the words alone
    decide which loop it will be; where foreign music has to be gone on with, the beat is lost or
    kept. `beats` [batch, steps] is how many frames each step is before the
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
        pieces: Sequence[CodedPiece],
        tokenizer: Tokenizer,
        plan: WindowPlan,
        losses: NDArray[np.float64] | None = None,
    ) -> None:
        self.loops, self.plan = loops, plan
        self.foreign = Foreign(loops, pieces, plan.foreign_music)
        self.mistakes = Mistakes(loops, plan.mistakes)
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
        places = np.arange(frames + books - 1)
        steps = places[:frames]
        for loop, is_foreign in zip((self.loops[n] for n in choice), foreign, strict=True):
            if is_foreign:
                drawn = self.foreign.draw(frames, start_token, random)
                window = drawn.codes
                targets.append(np.where(drawn.is_asked, window, NO_TARGET))
                is_seam = (drawn.seam <= places) & (places < drawn.seam + plan.seam_steps)
                weights.append(1 + plan.seam_weight * is_seam)
                beats.append(np.full(frames, NO_TARGET))
            else:
                begins = is_opening or random.random() < plan.from_the_start
                start = 0 if begins else int(random.integers(loop.codes.shape[1]))
                window = _window(loop, frames, start, begins)
                targets.append(window)
                opens = plan.opening_weight * (places < plan.opening_steps)
                weights.append(1 + (opens if begins else 0 * opens))
                beats.append(-(start + steps) % loop.beat_frames)
            windows.append(window)
        wanted = delayed(np.stack(targets), start_token)[..., 1:]
        pattern = delayed(np.stack(windows), start_token)
        calm = 1 - plan.calmed * progress
        heard = self.mistakes.among(pattern, choice, start_token, random, calm)
        # What is to be gone on with is heard as it is.
        is_asked = (wanted != NO_TARGET) & (wanted != start_token)
        heard[..., 1:] = np.where(is_asked, heard[..., 1:], pattern[..., 1:])
        captions = [self.words[n][random.integers(len(self.words[n]))] for n in choice]
        words, mask = lay_out(captions, plan.unknown_words, random)
        dropped = foreign | (random.random(rows) < plan.dropped_text)
        return Batch(
            torch.from_numpy(heard[..., :-1].copy()),
            torch.from_numpy(np.where(is_asked, wanted, NO_TARGET)),
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
