"""A clip in the making, from the moment its request has slots."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.generation import Progress
from bot.musicgen.checkpoint.stems import fixed_tokens
from bot.musicgen.engine.prompt_encoding import PromptEncoding
from bot.musicgen.engine.sequence import Sequence
from bot.musicgen.engine.vocoder import Vocoder
from bot.musicgen.model import Model

WINDOW_OVERLAP = 12 / 30
"""Overlap between consecutive windows of a longer clip: 12 s of 30 s, as in audiocraft."""


@dataclass(frozen=True, slots=True)
class Clip:
    """The tokens of a clip and its audio, both as far as they are made."""

    sequence: Sequence
    vocoder: Vocoder
    wants_stems: bool

    def progress(self, request_id: int, frame_rate: int) -> Progress:
        """Return how many seconds of the new audio have all their tokens."""
        sequence = self.sequence
        return Progress(
            request_id=request_id,
            seconds_done=(sequence.complete_frames - sequence.prompt_frames) / frame_rate,
            seconds_total=sequence.new_frames / frame_rate,
        )


def start_clip(prompt: PromptEncoding, model: Model) -> Clip:
    """Return the clip of a request whose prompts are encoded, with no token chosen yet."""
    request, config, states = prompt.request, model.config, prompt.text_states
    new_frames = max(1, round(request.seconds * config.codec.frame_rate))
    sequence = Sequence(
        config.decoder,
        request.sampling,
        seed=request.seed,
        prompt=prompt.audio_tokens(),
        new_frames=new_frames,
        text_tokens=0 if states is None else len(states),
        window_frames=model.window_frames,
        overlap_frames=round(WINDOW_OVERLAP * model.window_frames),
        fixed=fixed_tokens(request, config.stems, config.decoder.codebooks, new_frames),
    )
    return Clip(sequence, Vocoder(model.codec, model.channels), request.wants_stems)
