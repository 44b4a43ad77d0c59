"""A request in the engine, between its submission and the last that is said of it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from bot.domain.generation import GenerationRequest, Request, Sound, Tokens
from bot.musicgen.codec import codec
from bot.musicgen.decoder.interface import Floats
from bot.musicgen.engine.batch import merged
from bot.musicgen.engine.sequence import Sequence
from bot.musicgen.engine.vocoding import Separation, Sounding


@dataclass(slots=True, kw_only=True)
class Run:
    """How far a request is: first what it is made from is read, then it has slots and sounds."""

    id: int
    request: Request
    listening: codec.Encoder | None = None
    heard_samples: int = 0
    codes: list[Tokens] = field(default_factory=list)
    reading: Generator[None, None, Floats] | None = None
    states: Floats | None = None
    sequence: Sequence | None = None
    slots: list[int] = field(default_factory=list)
    sounding: Sounding | None = None
    separation: Separation | None = None

    @property
    def unsounded_frames(self) -> int:
        """Return how many frames wait for their sound."""
        if self.sequence is None or self.sounding is None:
            return 0
        return self.sequence.complete_frames - self.sounding.frames

    def has_stretch(self, frames: int) -> bool:
        """Tell whether there are tokens enough for a stretch of sound, or the last ones."""
        if self.separation is not None:
            return True
        return self.sequence is not None and (self.unsounded_frames >= frames or self.sequence.done)

    def read(self) -> None:
        """Read the next piece of the text."""
        assert self.reading is not None
        try:
            next(self.reading)
        except StopIteration as end:
            self.states = end.value
            self.reading = None

    def listen(self, samples: int) -> None:
        """Turn the next so many samples of the audio prompt into tokens."""
        assert isinstance(self.request, GenerationRequest)
        assert self.request.audio is not None and self.listening is not None
        sound = self.request.audio.samples
        piece = sound[:, self.heard_samples : self.heard_samples + samples]
        self.heard_samples += piece.shape[1]
        self.codes.append(merged(self.listening.push(piece)))
        if self.heard_samples >= sound.shape[1]:
            self.codes.append(merged(self.listening.finish()))
            self.listening = None

    def prompt_tokens(self, codebooks: int) -> Tokens:
        """Return the codes of the audio prompt, [codebooks, frames]; they are handed out once."""
        nothing = np.zeros((codebooks, 0), np.int32)
        tokens = np.concatenate([nothing, *self.codes], axis=1, dtype=np.int32)
        self.codes.clear()
        return tokens

    def outcome(self, sample_rate_hz: int) -> tuple[Sound, Tokens]:
        """Return the whole clip, and its tokens; that of one only taken apart has no sound."""
        if not isinstance(self.request, GenerationRequest):
            nothing = np.zeros((1, 0), np.float32)
            return Sound(samples=nothing, sample_rate_hz=sample_rate_hz), self.request.tokens
        assert self.sequence is not None and self.sounding is not None
        return self.sounding.sound(), self.sequence.tokens
