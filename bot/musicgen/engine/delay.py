"""The delay pattern: which frame's token each codebook has in each column of a window.

MusicGen writes a clip in columns. In column c, codebook k holds the token of frame
c - 1 - delay(k), where each codebook of a channel is one column later than the one before it, and
the start token stands wherever that frame lies outside the window. Column 0 is all start tokens.
Source: arXiv 2306.05284, section 2.2, and transformers' build_delay_pattern_mask.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Tokens

Delays = NDArray[np.int32]


def codebook_delays(codebooks: int, audio_channels: int) -> Delays:
    """Return each codebook's delay in columns; left and right of a stereo pair share theirs."""
    return np.arange(codebooks, dtype=np.int32) // audio_channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A range of frames [begin, end) that the model sees at once; the first `context` are known.

    Feeding column p gives the logits of column p + 1, so that frame `begin + context` is first
    written by column `context`.
    """

    begin: int
    context: int
    end: int

    def shifted(self, frames: int) -> Window:
        """Return the same window in a count that begins so many frames later."""
        return replace(self, begin=self.begin - frames, end=self.end - frames)

    def last_position(self, delay: Delays) -> int:
        """Return the last column that has to be fed."""
        return self.end - self.begin + int(delay.max()) - 1

    def complete_frames(self, position: int, delay: Delays) -> int:
        """Return how many frames of the clip have all their tokens once `position` was fed."""
        written = self.begin + position + 1 - int(delay.max())
        return min(max(self.begin + self.context, written), self.end)


def plan_windows(prompt: int, new: int | None, *, longest: int, overlap: int) -> Iterator[Window]:
    """Yield the windows in which `new` frames are made after `prompt` given ones.

    A clip longer than `longest` frames is made in several windows: each later one begins
    `overlap` frames before the end of the one before, as audiocraft's extension does. Of a long
    prompt the first window sees as much as leaves room for a full stride of new frames. Where
    `new` is None, the windows never end.
    """
    stride = longest - overlap
    total = None if new is None else prompt + new
    context = min(prompt, longest - (stride if new is None else min(stride, new)))
    begin = prompt - context
    while True:
        end = begin + longest if total is None else min(begin + longest, total)
        yield Window(begin=begin, context=context, end=end)
        if end == total:
            return
        begin, context = end - overlap, overlap


def feed_columns(
    tokens: Tokens, window: Window, positions: range, delay: Delays, start_token: int
) -> NDArray[np.int32]:
    """Return what is fed at the given positions, [positions, codebooks]."""
    frames = window.begin + np.arange(positions.start, positions.stop)[:, None] - 1 - delay
    inside = (frames >= window.begin) & (frames < window.end)
    codebook = np.arange(len(delay))
    found = tokens[codebook, np.where(inside, frames, window.begin)]
    return np.where(inside, found, start_token).astype(np.int32)


def write_tokens(
    tokens: Tokens, window: Window, position: int, delay: Delays, chosen: NDArray[np.int32]
) -> None:
    """Write the tokens chosen after `position` to their frames; the known frames keep theirs."""
    frames = window.begin + position - delay
    fresh = (frames >= window.begin + window.context) & (frames < window.end)
    codebook = np.arange(len(delay))
    tokens[codebook[fresh], frames[fresh]] = chosen[fresh]
