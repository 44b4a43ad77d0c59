"""The engine: carries out the scheduler's decisions, step by step.

Each call of `step` encodes at most one piece of a prompt, advances every running request by a
token of each codebook, and decodes one chunk of audio of those that are due. So no request waits
long for another, and the caller can act between steps: show progress, submit, cancel. Knows no
files, no Discord and no job queue: the order of requests is decided by the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.domain.generation import (
    AudioChunk,
    Event,
    Finished,
    GenerationRequest,
    PromptChange,
    Request,
    Sound,
    StemsRequest,
    Tokens,
)
from bot.domain.request_checks import OVER, check_change
from bot.errors import RequestError
from bot.musicgen.checkpoint.stems import check_stem_names
from bot.musicgen.engine.batch_rows import Feed, build_rows
from bot.musicgen.engine.clip import Clip, make_chunks
from bot.musicgen.engine.phases import Phases
from bot.musicgen.engine.prefix_reader import PrefixReader
from bot.musicgen.engine.preparation import Preparation
from bot.musicgen.engine.request_state import IN_BATCH, STEERABLE, RequestState
from bot.musicgen.engine.scheduled_request import DecodeShare, ScheduledRequest
from bot.musicgen.engine.scheduler import Scheduler
from bot.musicgen.engine.separation import empty_result, separate, silence
from bot.musicgen.engine.steering import Steering
from bot.musicgen.engine.validation import check_request, check_tokens
from bot.musicgen.engine.vocoder import StemSeparation
from bot.musicgen.model import Model


class Engine:
    """Runs many requests on one model concurrently, limited by its slots. Not thread-safe."""

    def __init__(self, model: Model, *, max_seconds: float = 300.0) -> None:
        """Take a loaded model; a request may ask for up to `max_seconds` of new sound."""
        self.phases = Phases()
        self.steps = 0
        """Steps that the decoder has made so far."""
        self._model = model
        self._max_seconds = max_seconds
        self._scheduler = Scheduler(
            slots=model.request_slots,
            max_rows=model.decoder.max_rows,
            chunk_frames=model.codec.block_frames,
            reserve=model.most_words,
        )
        self._prefixes = PrefixReader(model)
        self._steering = Steering(model, self._scheduler, self._prefixes)
        self._preparation = Preparation(model, self._scheduler, self.phases)
        self._requests: dict[int, GenerationRequest] = {}
        # A request is in one of these, depending on its state; in both while its stems are decoded.
        self._clips: dict[int, Clip] = {}
        self._separations: dict[int, StemSeparation] = {}
        self._next_id, self._is_idle = 1, False
        self._events: list[Event] = []  # between two steps

    @property
    def busy(self) -> bool:
        """Return whether any request is unfinished."""
        return self._scheduler.busy or bool(self._events)

    @property
    def idle(self) -> bool:
        """Return whether a step would do nothing, since everything waits for subscribers."""
        return self._is_idle

    def submit(self, request: Request) -> int:
        """Accept a request and return its id; it joins the batch when slots are free.

        A StemsRequest needs no slot. Raises RequestError and SoundError for an invalid request.
        """
        model, request_id = self._model, self._next_id
        if isinstance(request, StemsRequest):
            check_stem_names((), model.config.stems)
            check_tokens(request.tokens, model.config)
            self._separations[request_id] = separate(model, request.tokens)
            self._scheduler.add_separation(request_id)
        else:
            check_request(request, model, max_seconds=self._max_seconds)
            self._preparation.add(request_id, request)
            self._requests[request_id] = request
        self._next_id += 1
        self._is_idle = False
        return request_id

    def cancel(self, request_id: int) -> None:
        """Drop a request in any state; ignored for a finished or unknown one."""
        self._scheduler.cancel(request_id)
        self._forget(request_id)
        self._is_idle = False

    def change_prompt(self, request_id: int, change: PromptChange) -> int:
        """Change the prompt of a request; return the change's id, which PromptChanged reports.

        Several changes apply in the order of their times, each fading from the mix before it; one
        without a time replaces another that has not started. Raises RequestError for a finished or
        unknown request, and for an invalid change.
        """
        request = self._scheduler.find(request_id)
        if request is None or request.state not in STEERABLE:
            raise RequestError(OVER)
        asked = self._requests[request_id]
        check_change(change, asked.seconds)
        self._is_idle = False
        return self._steering.ask(request, change, asked)

    def note_taken(self, request_id: int, seconds: float) -> None:
        """Note that subscribers of endless music have read its first `seconds`."""
        if request_id in self._clips:
            frames = int(seconds * self._model.config.codec.frame_rate)
            self._clips[request_id].taken_frames = frames
            self._is_idle = False

    def end(self, request_id: int) -> None:
        """Let endless music finish with what is generated; ignored for any other request."""
        request, clip = self._scheduler.find(request_id), self._clips.get(request_id)
        if request is None or self._requests[request_id].seconds is not None:
            return
        self._is_idle = False
        if clip is None:
            self.cancel(request_id)
            self._events.append(empty_result(self._model, request_id))
        elif request.state in IN_BATCH:
            clip.sequence.end()
            self._events += self._note_decoded(request, clip, 0)

    def step(self) -> list[Event]:
        """Advance everything by one step and return what happened."""
        has_prepared, steps_before = self._prepare(), self.steps
        events = [*self._events, *self._decode()]
        self._events = []
        events += self._vocode(due := self._scheduler.schedule_chunks())
        has_decoded = self.steps > steps_before or self._prefixes.has_read
        self._is_idle = not (has_prepared or has_decoded or due or events)
        return events

    def _prepare(self) -> bool:
        """Encode one piece of a prompt, new prompts first, and admit a request; return if any."""
        with self.phases.timed("text"):
            has_encoded = self._steering.encode()
        has_encoded = has_encoded or self._preparation.encode()
        admitted = self._preparation.admit()
        if admitted is not None:
            self._clips[admitted[0].id] = admitted[1]
        return has_encoded or admitted is not None

    def _decode(self) -> Iterator[Event]:
        """Run one decoder step for all running requests, and for prompts that catch up."""
        for request in self._scheduler.batch:
            clip = self._clips[request.id]
            request.is_ahead = clip.is_ahead
            yield from self._steering.arrange(request, clip)
            request.is_held |= not self._prefixes.arrange(clip.mix.rows, clip.sequence)
        shares = self._scheduler.schedule_decode()
        feeds = [self._feed(share) for share in shares]
        readings = self._prefixes.read(sum(feed.rows for feed in feeds))
        if not shares and not readings:
            return
        rows, lasts = build_rows(feeds, readings, codebooks=self._model.config.decoder.codebooks)
        chosen = sum(len(each.request.slots) for each in shares if each.loan is None)
        with self.phases.timed_step(chosen / len(rows)):
            logits = self._model.decoder.step(rows)
        self.steps += 1
        frame_rate = self._model.config.codec.frame_rate
        with self.phases.timed("sample"):
            for share, last in zip(shares, lasts, strict=True):
                request = share.request
                if share.loan is not None:
                    self._steering.note_read(share.loan, share.positions)
                    continue
                clip = self._clips[request.id]
                completed = clip.choose([logits[row] for row in last], share.positions)
                yield clip.progress(request.id, frame_rate)
                yield from self._note_decoded(request, clip, completed)

    def _feed(self, share: DecodeShare) -> Feed:
        clip, count = self._clips[share.request.id], share.positions
        if share.loan is not None:
            return Feed(clip.sequence, *self._steering.reading(share.loan, count))
        begin = clip.sequence.position
        return Feed(clip.sequence, range(begin, begin + count), clip.mix.rows)

    def _note_decoded(self, request: ScheduledRequest, clip: Clip, new: int) -> Iterator[Event]:
        """Report new frames to the scheduler; drop prompt changes that come too late."""
        pending = clip.sequence.pending_positions
        self._scheduler.update_decoded(request, pending_positions=pending, new_frames=new)
        if clip.sequence.done:
            yield from self._steering.forget(request.id)

    def _vocode(self, due: Sequence[ScheduledRequest]) -> Iterator[Event]:
        """Decode an audio chunk of each due clip in one batch, or a chunk of one clip's stems."""
        if due and due[0].state is RequestState.SEPARATING:
            yield from self._separate(due[0])
            return
        clips = [self._clips[request.id] for request in due]
        with self.phases.timed("codec"):
            chunks = make_chunks(clips)
        for request, clip, chunk in zip(due, clips, chunks, strict=True):
            self._scheduler.update_vocoded(request, frames=chunk.frames)
            yield AudioChunk(request_id=request.id, samples=chunk.samples)
            if chunk.is_last:
                yield from self._end_clip(request, clip)

    def _end_clip(self, request: ScheduledRequest, clip: Clip) -> Iterator[Event]:
        """Finish a clip that has all its audio, or start decoding its stems."""
        tokens = clip.sequence.tokens
        if not clip.wants_stems:
            yield self._finish(request, clip.vocoder.sound(), tokens, {})
            return
        self._separations[request.id] = separate(self._model, tokens)
        request.enter(RequestState.SEPARATING)

    def _separate(self, request: ScheduledRequest) -> Iterator[Event]:
        """Decode the next chunk of a clip's stems."""
        separation = self._separations[request.id]
        with self.phases.timed("stems"):
            stems = separation.decode_chunk()
        if stems is None:
            return
        clip = self._clips.get(request.id)
        sound = silence(self._model) if clip is None else clip.vocoder.sound()
        yield self._finish(request, sound, separation.tokens, stems)

    def _finish(
        self, request: ScheduledRequest, sound: Sound, tokens: Tokens, stems: Mapping[str, Sound]
    ) -> Finished:
        self._scheduler.finish(request)
        self._forget(request.id)
        return Finished(request_id=request.id, sound=sound, tokens=tokens, stems=stems)

    def _forget(self, request_id: int) -> None:
        self._preparation.forget(request_id)
        self._steering.forget(request_id)
        for work in (self._requests, self._clips, self._separations):
            work.pop(request_id, None)
