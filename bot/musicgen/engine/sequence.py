"""The tokens of one clip: which positions to feed the decoder next, and what it chose.

Knows no weights and no clock. A sequence takes two rows of a step where guidance needs
unconditional logits too, one otherwise, and several positions at once during prefill.
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
"""Stands in `tokens` for what is not chosen yet."""


class Sequence:
    """The tokens of one clip and how far they are."""

    def __init__(
        self,
        config: DecoderConfig,
        sampling: Sampling,
        *,
        seed: int,
        prompt: Tokens,
        new_frames: int,
        text_tokens: int,
        window_frames: int,
        overlap_frames: int,
        fixed: Tokens | None = None,
    ) -> None:
        """Plan a clip of `new_frames` after the frames of `prompt` [codebooks, frames].

        `window_frames` and `overlap_frames` are for clips longer than a window; `text_tokens` is 0
        without a text, and then there is no guidance. `fixed` [codebooks, new_frames] are the
        tokens that the model may not choose, and FREE where it may.
        """
        self.prompt_frames = prompt.shape[1]
        self.new_frames = new_frames
        self.text_tokens = text_tokens
        self.guided = sampling.guided and text_tokens > 0
        total = self.prompt_frames + new_frames
        self.tokens: Tokens = np.full((config.codebooks, total), PAD, np.int32)
        self.tokens[:, : self.prompt_frames] = prompt
        self.complete_frames = self.prompt_frames
        self._sampling = sampling
        self._start_token = config.start_token
        self._delay: Delays = codebook_delays(config.codebooks, config.audio_channels)
        self._fixed: Tokens = np.full_like(self.tokens, FREE)
        if fixed is not None:
            self._fixed[:, self.prompt_frames :] = fixed
        self._windows = plan_windows(
            self.prompt_frames, new_frames, longest=window_frames, overlap=overlap_frames
        )
        self._position = 0
        # A generator of its own, keyed by the seed: no other request draws from it.
        self._random = np.random.Generator(np.random.Philox(key=seed))

    @property
    def rows_per_position(self) -> int:
        """Return how many rows one position takes."""
        return 2 if self.guided else 1

    @property
    def done(self) -> bool:
        """Tell whether every token is chosen."""
        return not self._windows

    @property
    def pending_positions(self) -> int:
        """Return how many positions can be fed at once, as their tokens are known; 0 if done."""
        if self.done:
            return 0
        return max(1, self._windows[0].context + 1 - self._position)

    def feed(self, positions: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the next positions and their tokens, [positions] and [positions, codebooks]."""
        span = range(self._position, self._position + positions)
        fed = feed_columns(self.tokens, self._windows[0], span, self._delay, self._start_token)
        return np.arange(span.start, span.stop, dtype=np.int32), fed

    def _apply_fixed(self, window: Window, position: int, chosen: Choices) -> Choices:
        """Return the tokens chosen after a position, with the fixed ones in their place."""
        books = np.arange(len(self._delay))
        frames = (window.begin + position - self._delay).clip(0, self._fixed.shape[1] - 1)
        fixed = self._fixed[books, frames]
        return np.where(fixed == FREE, chosen, fixed)

    def advance(self, positions: int, logits: Logits, unconditional: Logits | None) -> None:
        """Choose tokens from the logits of the last position fed, [codebooks, vocab_size].

        `unconditional` are the logits without the text, where guidance is on.
        """
        window = self._windows[0]
        last = self._position + positions - 1
        self._position += positions
        if last < window.context:
            return
        if unconditional is not None:
            logits = guide(logits, unconditional, self._sampling.guidance)
        drawn = self._random.random(len(self._delay))
        # Drawn for every codebook, fixed or not, so that fixing one leaves the others' draws alone.
        chosen = choose(logits, self._sampling, drawn)
        write_tokens(
            self.tokens, window, last, self._delay, self._apply_fixed(window, last, chosen)
        )
        self.complete_frames = max(self.complete_frames, window.complete_frames(last, self._delay))
        if last == window.last_position(self._delay):
            self._windows.pop(0)
            self._position = 0
