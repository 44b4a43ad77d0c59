"""The token sequence of a clip: which positions to feed next, and the sampled tokens.

Independent of weights, text prompts and time. Feeds several positions at once during prefill.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Sampling, Tokens
from bot.musicgen.checkpoint.model_config import DecoderConfig
from bot.musicgen.checkpoint.stems import FREE
from bot.musicgen.engine.delay import (
    Delays,
    Window,
    codebook_delays,
    feed_columns,
    plan_windows,
    write_tokens,
)
from bot.musicgen.engine.sampling import Choices, Logits, choose, guide

PAD = -1
"""Marks tokens that are not sampled yet."""


class Sequence:
    """The tokens of a clip, as far as sampled."""

    def __init__(
        self,
        config: DecoderConfig,
        sampling: Sampling,
        *,
        seed: int,
        prompt: Tokens,
        new_frames: int | None,
        window_frames: int,
        overlap_frames: int,
        fixed: Tokens | None = None,
    ) -> None:
        """Plan `new_frames` after the frames of `prompt` [codebooks, frames]; None is endless.

        Clips longer than `window_frames` are generated in windows that overlap. `fixed` [codebooks,
        new_frames] are tokens that are not sampled, FREE elsewhere; its last column applies to all
        later frames.
        """
        self.prompt_frames = prompt.shape[1]
        self.new_frames = new_frames
        self.complete_frames = self.prompt_frames
        """How many frames have all their tokens."""
        self._sampling = sampling
        self._start_token = config.start_token
        self._delay: Delays = codebook_delays(config.codebooks, config.audio_channels)
        self._windows = plan_windows(
            self.prompt_frames, new_frames, longest=window_frames, overlap=overlap_frames
        )
        self._window: Window | None = next(self._windows)
        self.windows_begun = 1
        """How many windows have been begun: each is read from its own beginning."""
        # Of endless music only the last frames are kept; column 0 is this frame.
        self._first_frame = 0
        self._released_frames = 0
        self._tokens: Tokens = np.full((config.codebooks, self._window.end), PAD, np.int32)
        if new_frames is not None:
            total = self.prompt_frames + new_frames
            self._tokens = np.full((config.codebooks, total), PAD, np.int32)
        self._tokens[:, : self.prompt_frames] = prompt
        free: Tokens = np.full((config.codebooks, 1), FREE, np.int32)
        self._fixed: Tokens = free if fixed is None else fixed
        self._position = 0
        # Its own generator, keyed by the seed, so that requests don't affect each other.
        self._random = np.random.Generator(np.random.Philox(key=seed))

    @property
    def tokens(self) -> Tokens:
        """Return all tokens [codebooks, frames]; none of endless music."""
        return self._tokens if self.new_frames is not None else self._tokens[:, :0]

    @property
    def done(self) -> bool:
        """Return whether every token is sampled."""
        return self._window is None

    @property
    def position(self) -> int:
        """Return how many positions of the window have been fed."""
        return self._position

    @property
    def window_begin(self) -> int:
        """Return the first frame of the window; 0 if done."""
        return 0 if self._window is None else self._window.begin

    @property
    def pending_positions(self) -> int:
        """Return how many positions with known tokens can be fed at once; 0 if done."""
        if self._window is None:
            return 0
        return max(1, self._window.context + 1 - self._position)

    @property
    def next_frame(self) -> int:
        """Return the first frame to be sampled next, in the first codebook."""
        if self._window is None:
            return self.complete_frames
        return self._window.begin + max(self._position, self._window.context)

    def codes(self, begin: int, end: int) -> Tokens:
        """Return the tokens of a range of frames, all of them sampled."""
        assert self._first_frame <= begin
        return self._tokens[:, begin - self._first_frame : end - self._first_frame]

    def release(self, frames: int) -> None:
        """Note that the first `frames` are no longer needed."""
        self._released_frames = frames

    def end(self) -> None:
        """Stop sampling: the clip ends with its last complete frame."""
        self._window = None

    def feed(self, positions: range) -> NDArray[np.int32]:
        """Return the tokens of positions of the window, [positions, codebooks].

        They are known up to `position`.
        """
        assert (
            self._window is not None and positions.stop <= self._position + self.pending_positions
        )
        window = self._window.shifted(self._first_frame)
        return feed_columns(self._tokens, window, positions, self._delay, self._start_token)

    def advance(self, positions: int, logits: Logits, unconditional: Logits | None) -> None:
        """Sample tokens from the logits of the last fed position, [codebooks, vocab_size].

        `unconditional` are the logits without text, with guidance.
        """
        window = self._window
        assert window is not None
        last = self._position + positions - 1
        self._position += positions
        if last < window.context:
            return
        if unconditional is not None:
            logits = guide(logits, unconditional, self._sampling.guidance)
        drawn = self._random.random(len(self._delay))
        # Drawn for every codebook, fixed or not, so that fixing one does not change the others.
        chosen = self._apply_fixed(window, last, choose(logits, self._sampling, drawn))
        write_tokens(self._tokens, window.shifted(self._first_frame), last, self._delay, chosen)
        self.complete_frames = max(self.complete_frames, window.complete_frames(last, self._delay))
        if last == window.last_position(self._delay):
            self._enter_window(next(self._windows, None))

    def _apply_fixed(self, window: Window, position: int, chosen: Choices) -> Choices:
        """Return the tokens chosen after a position, with the fixed ones in their place."""
        books = np.arange(len(self._delay))
        frames = window.begin + position - self._delay - self.prompt_frames
        fixed = self._fixed[books, frames.clip(0, self._fixed.shape[1] - 1)]
        return np.where(fixed == FREE, chosen, fixed)

    def _enter_window(self, window: Window | None) -> None:
        """Continue in a window; endless music discards old frames to make room."""
        self._window, self._position = window, 0
        if window is None:
            return
        self.windows_begun += 1
        if self.new_frames is None:
            kept = self._tokens[:, min(window.begin, self._released_frames) - self._first_frame :]
            self._first_frame = min(window.begin, self._released_frames)
            self._tokens = np.full((len(kept), window.end - self._first_frame), PAD, np.int32)
            self._tokens[:, : kept.shape[1]] = kept
