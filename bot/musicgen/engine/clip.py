"""A clip being generated: its tokens and its audio, from the moment it has slots."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

from bot.domain.generation import Progress, Samples
from bot.musicgen.checkpoint.stems import fixed_tokens
from bot.musicgen.conditioning.melody import Melody
from bot.musicgen.decoder.interface import Conditioning, Floats
from bot.musicgen.engine.prefix import Prefix
from bot.musicgen.engine.prompt_encoding import PromptEncoding
from bot.musicgen.engine.prompt_mix import PromptMix, PromptRow
from bot.musicgen.engine.sequence import Sequence
from bot.musicgen.engine.vocoder import Vocoder, make_sound
from bot.musicgen.model import Model

NO_WORDS = ""
"""The prompt of a row that has a melody and no words: none at all would be no melody, either."""

WINDOW_OVERLAP = 12 / 30
"""Overlap between consecutive windows of a longer clip: 12 s of 30 s, as in audiocraft."""


@dataclass(slots=True, kw_only=True, eq=False)
class Clip:
    """The tokens and the audio of a clip, as far as generated."""

    sequence: Sequence
    mix: PromptMix
    vocoder: Vocoder
    wants_stems: bool
    ahead_frames: int
    """How far endless music is generated ahead of its subscribers."""
    melody: Melody | None = None
    taken_frames: int = 0
    """How many frames the subscribers have read."""

    @property
    def is_endless(self) -> bool:
        """Return whether it is endless music."""
        return self.sequence.new_frames is None

    @property
    def is_ahead(self) -> bool:
        """Return whether it is as far ahead of its subscribers as allowed (backpressure)."""
        ahead_frames = self.sequence.complete_frames - self.taken_frames
        return self.is_endless and ahead_frames >= self.ahead_frames

    @property
    def next_new_frame(self) -> int:
        """Return the frame of the new sound whose token is sampled next."""
        return self.sequence.next_frame - self.sequence.prompt_frames

    def choose(self, logits: Many[Floats], positions: int) -> int:
        """Sample the next tokens from the logits of each prompt's last row, after some positions.

        Returns how many frames became complete.
        """
        before = self.sequence.complete_frames
        self.sequence.advance(positions, *self.mix.mix(logits, self.sequence.next_frame))
        return self.sequence.complete_frames - before

    def progress(self, request_id: int, frame_rate: int) -> Progress:
        """Return the progress: seconds of new sound with all their tokens."""
        sequence = self.sequence
        total = sequence.new_frames
        return Progress(
            request_id=request_id,
            seconds_done=(sequence.complete_frames - sequence.prompt_frames) / frame_rate,
            seconds_total=None if total is None else total / frame_rate,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipChunk:
    """A chunk of a clip's audio, samples [channels, samples], and its number of frames."""

    samples: Samples
    frames: int
    is_last: bool


def make_chunks(clips: Many[Clip]) -> list[ClipChunk]:
    """Decode the next audio chunk of each clip, in one batch."""
    frames = [clip.vocoder.frames for clip in clips]
    lasts = [
        clip.vocoder.take_chunk(
            clip.sequence.codes, clip.sequence.complete_frames, whole=clip.sequence.done
        )
        for clip in clips
    ]
    made = []
    sounds = make_sound([clip.vocoder for clip in clips])
    for clip, samples, before, is_last in zip(clips, sounds, frames, lasts, strict=True):
        clip.sequence.release(clip.vocoder.frames)
        frames_taken = clip.vocoder.frames - before
        made.append(ClipChunk(samples=samples, frames=frames_taken, is_last=is_last))
    return made


def make_row(
    model: Model,
    slot: int,
    text: str | None,
    states: Floats | None,
    *,
    melody: Melody | None = None,
    null_tokens: int = 1,
) -> PromptRow:
    """Return the row of an encoded prompt; None is the unconditional row.

    In a melody model, the unconditional row has as many null text states as the prompt beside it,
    `null_tokens`.
    """
    is_null = text is None or states is None
    if model.melody is not None:
        if is_null or text == "":  # as in training, the empty text is zeros
            states = np.zeros((null_tokens, model.config.decoder.hidden_size), np.float32)
        assert states is not None
        prefix = Prefix(
            slot=slot,
            encoder=model.melody,
            text_states=states,
            melody=None if is_null else melody,
            is_null=is_null,
        )
        return PromptRow(text=text, slot=slot, text_tokens=0, prefix=prefix)
    if states is None or is_null:
        return PromptRow(text=None, slot=slot, text_tokens=0)
    model.decoder.set_conditioning(slot, Conditioning(text_states=states))
    return PromptRow(text=text, slot=slot, text_tokens=len(states))


def start_clip(prompt: PromptEncoding, model: Model, slots: Many[int]) -> Clip:
    """Return the clip of a request with encoded prompts, before its first token."""
    request, config = prompt.request, model.config
    frame_rate = config.codec.frame_rate
    new_frames = None if request.seconds is None else max(1, round(request.seconds * frame_rate))
    sequence = Sequence(
        config.decoder,
        request.sampling,
        seed=request.seed,
        prompt=prompt.audio_tokens(),
        new_frames=new_frames,
        window_frames=model.window_frames,
        overlap_frames=round(WINDOW_OVERLAP * model.window_frames),
        fixed=fixed_tokens(request, config.stems, config.decoder.codebooks, new_frames or 1),
    )
    states = prompt.text_states
    words = request.prompt if states is not None and len(states) > 0 else None
    melody = None if request.melody is None else Melody(request.melody)
    if words is None and melody is not None:
        words, states = NO_WORDS, np.zeros((1, config.decoder.hidden_size), np.float32)
    texts = [None] if words is None else [words, None]
    rows = [
        make_row(
            model,
            slot,
            text,
            states,
            melody=melody,
            null_tokens=1 if words is None or states is None else len(states),
        )
        for slot, text in zip(slots, texts, strict=False)  # without guidance there is one slot
    ]
    rows[0].weight = 1.0
    return Clip(
        sequence=sequence,
        mix=PromptMix(rows, guided=request.sampling.guided),
        vocoder=Vocoder(model.codec, model.channels, keeps_sound=new_frames is not None),
        wants_stems=request.wants_stems,
        ahead_frames=round(request.ahead_seconds * frame_rate),
        melody=melody,
    )
