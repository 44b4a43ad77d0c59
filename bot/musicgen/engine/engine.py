"""The engine: carries out the scheduler's decisions, step by step.

Each call of `step` encodes at most one piece of a prompt, advances every running request by a
token of each codebook, and makes at most one chunk of audio. So no request waits long for another,
and the caller can act between any two steps: show progress, submit a request, cancel one. Knows no
files, no Discord and no queue of jobs: in what order requests are submitted is decided before.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from bot.domain.generation import (
    AudioChunk,
    Event,
    Finished,
    Request,
    Sound,
    StemsRequest,
    Tokens,
)
from bot.musicgen.checkpoint.stems import check_stem_names
from bot.musicgen.decoder.interface import Conditioning, Floats
from bot.musicgen.engine.batch_rows import build_rows
from bot.musicgen.engine.clip import Clip, start_clip
from bot.musicgen.engine.prompt_encoding import PromptEncoding
from bot.musicgen.engine.request_state import RequestState
from bot.musicgen.engine.scheduler import DecodeShare, ScheduledRequest, Scheduler
from bot.musicgen.engine.sequence import Sequence
from bot.musicgen.engine.validation import check_request, check_tokens
from bot.musicgen.engine.vocoder import StemSeparation
from bot.musicgen.model import Model


class Engine:
    """Runs any number of requests on one model, as many at once as there are slots.

    Not for use by several threads at once.
    """

    def __init__(self, model: Model, *, max_seconds: float = 300.0) -> None:
        """Take a loaded model; a request may ask for up to `max_seconds` of new sound."""
        self.phases: dict[str, float] = defaultdict(float)
        """Seconds spent so far, by what they were spent on."""
        self.steps = 0
        """Steps that the decoder has made so far."""
        self._model = model
        self._chunk_frames = model.codec.block_frames
        self._max_seconds = max_seconds
        self._scheduler = Scheduler(
            slots=model.decoder.slots,
            max_rows=model.decoder.max_rows,
            chunk_frames=self._chunk_frames,
        )
        # What is there of a request depends on its state: each is in one of these, and a clip
        # whose stems are made in two.
        self._prompts: dict[int, PromptEncoding] = {}
        self._clips: dict[int, Clip] = {}
        self._separations: dict[int, StemSeparation] = {}
        self._next_id = 1

    @property
    def busy(self) -> bool:
        """Tell whether any request is unfinished."""
        return self._scheduler.busy

    def submit(self, request: Request) -> int:
        """Take on a request and return its id; it joins as soon as there is a slot.

        One for the stems of a clip needs none. Raises RequestError and SoundError for what can't
        be made.
        """
        model, request_id = self._model, self._next_id
        if isinstance(request, StemsRequest):
            stems = model.config.stems
            check_stem_names((), stems)
            check_tokens(request.tokens, model.config)
            self._separations[request_id] = StemSeparation(model.codec, request.tokens, stems)
            self._scheduler.add_separation(request_id)
        else:
            check_request(request, model, max_seconds=self._max_seconds)
            self._prompts[request_id] = PromptEncoding(request, model)
            self._scheduler.add(request_id)
        self._next_id += 1
        return request_id

    def cancel(self, request_id: int) -> None:
        """Drop a request in any state; one that is finished or unknown changes nothing."""
        self._scheduler.cancel(request_id)
        self._forget(request_id)

    def step(self) -> list[Event]:
        """Move everything on by one step and return what happened."""
        self._prepare()
        events = list(self._decode())
        events += self._vocode()
        return events

    def _prepare(self) -> None:
        """Encode one piece of the first waiting request's prompts, and admit it if it can be."""
        request = self._scheduler.next_to_prepare()
        if request is None:
            return
        prompt = self._prompts[request.id]
        if request.state is RequestState.WAITING:
            self._enter_next_state(request, prompt)
        if request.state is RequestState.ENCODING_AUDIO:
            with self._timed("listen"):
                encoded = prompt.encode_audio(self._chunk_frames * self._model.config.codec.hop)
            if encoded:
                self._enter_next_state(request, prompt)
            return
        if request.state is RequestState.ENCODING_TEXT:
            with self._timed("text"):
                encoded = prompt.encode_text()
            if encoded:
                self._enter_next_state(request, prompt)
        if self._scheduler.admit() is not None:
            self._start(request, self._prompts.pop(request.id))

    def _enter_next_state(self, request: ScheduledRequest, prompt: PromptEncoding) -> None:
        if prompt.next_state is RequestState.READY:
            self._scheduler.make_ready(request, slots_needed=prompt.slots_needed)
        else:
            request.enter(prompt.next_state)

    def _start(self, request: ScheduledRequest, prompt: PromptEncoding) -> None:
        """Set up the clip of a request that has just been given its slots."""
        clip = start_clip(prompt, self._model)
        if prompt.text_states is not None:
            with self._timed("text"):
                conditioning = Conditioning(text_states=prompt.text_states)
                self._model.decoder.set_conditioning(request.slots[0], conditioning)
        self._clips[request.id] = clip
        self._scheduler.update_decoded(
            request,
            pending_positions=clip.sequence.pending_positions,
            new_frames=clip.sequence.complete_frames,
        )

    def _decode(self) -> Iterator[Event]:
        """Feed the decoder one step of every running request."""
        shares = self._scheduler.schedule_decode()
        if not shares:
            return
        clips = [self._clips[share.request.id] for share in shares]
        rows, firsts = build_rows(
            [
                (clip.sequence, share.request.slots, share.positions)
                for clip, share in zip(clips, shares, strict=True)
            ]
        )
        positions = sum(share.positions for share in shares)
        prefill_share = (positions - len(shares)) / positions
        begun = time.perf_counter()
        logits = self._model.decoder.step(rows)
        elapsed = time.perf_counter() - begun
        self.steps += 1
        self.phases["prefill"] += elapsed * prefill_share
        self.phases["decode"] += elapsed * (1 - prefill_share)
        frame_rate = self._model.config.codec.frame_rate
        with self._timed("sample"):
            for share, clip, first in zip(shares, clips, firsts, strict=True):
                self._choose(share, clip.sequence, logits, *first)
                yield clip.progress(share.request.id, frame_rate)

    def _choose(
        self,
        share: DecodeShare,
        sequence: Sequence,
        logits: Floats,
        conditional: int,
        unconditional: int | None,
    ) -> None:
        """Choose one request's next tokens by the logits of the last position that it fed.

        `conditional` and `unconditional` are its first rows with the text and without.
        """
        last, complete_before = share.positions - 1, sequence.complete_frames
        sequence.advance(
            share.positions,
            logits[conditional + last],
            None if unconditional is None else logits[unconditional + last],
        )
        self._scheduler.update_decoded(
            share.request,
            pending_positions=sequence.pending_positions,
            new_frames=sequence.complete_frames - complete_before,
        )

    def _vocode(self) -> Iterator[Event]:
        """Make one chunk of audio, of a clip or of a stem."""
        request = self._scheduler.schedule_vocode()
        if request is None:
            return
        if request.state is RequestState.SEPARATING:
            yield from self._separate(request)
            return
        clip = self._clips[request.id]
        sequence, before = clip.sequence, clip.vocoder.frames
        with self._timed("codec"):
            samples, last = clip.vocoder.decode_chunk(
                sequence.tokens, sequence.complete_frames, whole=sequence.done
            )
        self._scheduler.update_vocoded(request, frames=clip.vocoder.frames - before)
        yield AudioChunk(request_id=request.id, samples=samples)
        if last and clip.wants_stems:
            self._separations[request.id] = StemSeparation(
                self._model.codec, sequence.tokens, self._model.config.stems
            )
            request.enter(RequestState.SEPARATING)
        elif last:
            yield self._finish(request, clip.vocoder.sound(), sequence.tokens, {})

    def _separate(self, request: ScheduledRequest) -> Iterator[Event]:
        """Make the next chunk of a clip's stems."""
        separation = self._separations[request.id]
        with self._timed("stems"):
            stems = separation.decode_chunk()
        if stems is None:
            return
        if request.id in self._clips:
            sound = self._clips[request.id].vocoder.sound()
        else:  # only the stems were asked for
            nothing = np.zeros((1, 0), np.float32)
            sound = Sound(samples=nothing, sample_rate_hz=self._model.sample_rate_hz)
        yield self._finish(request, sound, separation.tokens, stems)

    def _finish(
        self, request: ScheduledRequest, sound: Sound, tokens: Tokens, stems: Mapping[str, Sound]
    ) -> Finished:
        self._scheduler.finish(request)
        self._forget(request.id)
        return Finished(request_id=request.id, sound=sound, tokens=tokens, stems=stems)

    def _forget(self, request_id: int) -> None:
        for work in (self._prompts, self._clips, self._separations):
            work.pop(request_id, None)

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.phases[phase] += time.perf_counter() - begun
