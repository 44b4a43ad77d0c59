"""The prefix of a row: states before its tokens, in a model without cross-attention.

Melody states come first, then text states. They don't depend on tokens: a prefix is read
(prefilled) once, and one with a melody once per window, since the melody advances. The null prefix
(no melody, no text) is read once into a slot of its own and copied, so the unconditional row of
guidance costs no step.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bot.domain.generation import Floats
from bot.musicgen.conditioning.melody import NULL_TEXT_TOKENS, Melody, MelodyEncoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Rows of a prefix to read in a step: states [rows, width] from a position on."""

    slot: int
    position: int
    states: Floats


@dataclass(slots=True, kw_only=True, eq=False)
class Prefix:
    """The prefix of one slot, and how far it is read."""

    slot: int
    encoder: MelodyEncoder
    text_states: Floats
    """Of the text, [tokens, width]; zeros for none."""
    melody: Melody | None = None
    is_null: bool = False
    """Whether it is the null prefix: no text either."""
    position: int = 0
    """How many positions are read or copied."""
    window: int = 0
    """For which window of the clip, where there is a melody."""
    begin_seconds: float = 0.0
    _states: Floats | None = field(default=None, repr=False)

    @property
    def length(self) -> int:
        """Return how many positions it has."""
        return self.encoder.frames + len(self.text_states)

    @property
    def is_read(self) -> bool:
        """Return whether it is read completely, so that tokens can follow."""
        return self.position == self.length

    @property
    def copied_positions(self) -> int:
        """Return how many of its first positions equal the null prefix."""
        if self.melody is not None:
            return 0
        frames = self.encoder.frames
        return min(self.length, frames + NULL_TEXT_TOKENS) if self.is_null else frames

    def enter_window(self, window: int, begin_seconds: float) -> None:
        """Note the clip's window; a melody is read again from its time on."""
        if self.melody is None or window == self.window:
            return
        self.window, self.begin_seconds = window, begin_seconds
        self.position, self._states = 0, None

    def take(self, count: int) -> Reading:
        """Return up to `count` of the next rows; they count as read."""
        if self._states is None:
            melody = self.encoder.encode_nothing()
            if self.melody is not None:
                melody = self.encoder.encode(self.melody.classes(self.begin_seconds))
            self._states = np.concatenate([melody, self.text_states])
        states = self._states[self.position : self.position + count]
        reading = Reading(slot=self.slot, position=self.position, states=states)
        self.position += len(states)
        if self.is_read:
            self._states = None
        return reading
