"""The step loop: requests join and leave while the others' music goes on.

Each call of `step` reads at most one new text or piece of an audio prompt, moves every running
request on by a token of each codebook, and turns at most one stretch of tokens into sound. So
nobody waits long for anybody, and the caller can look up between any two steps: to show progress,
to take on a request, to cancel one. Knows no files, no Discord and no queue: who comes first is
decided before.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bot.domain.generation import (
    AudioChunk,
    Event,
    Finished,
    GenerationRequest,
    Progress,
    Request,
    Sound,
    StemsRequest,
)
from bot.musicgen.checkpoint.stems import check_names, fixed_tokens
from bot.musicgen.codec import codec
from bot.musicgen.engine.batch import lay_out
from bot.musicgen.engine.running_request import Run
from bot.musicgen.engine.sequence import Sequence
from bot.musicgen.engine.validation import check_request, check_tokens
from bot.musicgen.engine.vocoding import Separation, Sounding
from bot.musicgen.model import Model

KEPT_SHARE = 12 / 30
"""What of a window a longer clip's next one sees: 12 of 30 s, as audiocraft has it."""

ROWS_AT_ONCE = 16
"""Rows that a decoder makes in about the time of one: a prompt is read in what is left of them."""


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
        self._piece_frames = model.codec.block_frames
        self._max_seconds = max_seconds
        self._free = list(range(model.decoder.slots))
        self._waiting: deque[Run] = deque()
        self._running: dict[int, Run] = {}
        self._next_id = 1

    @property
    def busy(self) -> bool:
        """Tell whether any request is unfinished."""
        return bool(self._waiting or self._running)

    def submit(self, request: Request) -> int:
        """Take on a request and return its id; it joins as soon as there is a slot.

        What is only taken apart needs none. Raises RequestError and SoundError for what can't be
        made.
        """
        model = self._model
        run = Run(id=self._next_id, request=request)
        if isinstance(request, StemsRequest):
            check_names((), model.shape.stems)
            check_tokens(request.tokens, model.shape)
            run.separation = Separation(model.codec, request.tokens, model.shape.stems)
            self._running[run.id] = run
        else:
            check_request(request, model, max_seconds=self._max_seconds)
            if request.prompt is not None:
                run.reading = model.text.read(request.prompt)
            if request.audio is not None and request.audio_tokens is not None:
                run.codes.append(request.audio_tokens)
            elif request.audio is not None:
                run.listening = codec.Encoder(model.codec, channels=model.channels)
            self._waiting.append(run)
        self._next_id += 1
        return run.id

    def cancel(self, request_id: int) -> None:
        """Drop a request, wherever it is; one that is finished or unknown changes nothing."""
        self._waiting = deque(run for run in self._waiting if run.id != request_id)
        run = self._running.pop(request_id, None)
        if run is not None:
            self._free += run.slots

    def step(self) -> list[Event]:
        """Move everything on by one step and return what happened."""
        self._prepare()
        events = list(self._decode())
        events += self._sound()
        return events

    def _prepare(self) -> None:
        """Bring the first waiting request closer to its slot, by one piece of work."""
        if not self._waiting:
            return
        run = self._waiting[0]
        assert isinstance(run.request, GenerationRequest)
        if run.listening is not None:
            with self._timed("listen"):
                run.listen(self._piece_frames * self._model.shape.codec.hop)
            return
        if run.reading is not None:
            with self._timed("text"):
                run.read()
        if run.reading is None and len(self._free) >= (2 if _wants_guidance(run.request) else 1):
            self._waiting.popleft()
            self._join(run, run.request)

    def _join(self, run: Run, request: GenerationRequest) -> None:
        model, states = self._model, run.states
        shape = model.shape
        new_frames = max(1, round(request.seconds * shape.codec.frame_rate))
        run.sequence = Sequence(
            shape.decoder,
            request.sampling,
            seed=request.seed,
            prompt=run.prompt_tokens(shape.decoder.codebooks),
            new_frames=new_frames,
            text_tokens=0 if states is None else len(states),
            longest=model.window_frames,
            keep=round(KEPT_SHARE * model.window_frames),
            fixed=fixed_tokens(request, shape.stems, shape.decoder.codebooks, new_frames),
        )
        run.slots = [self._free.pop() for _ in range(run.sequence.rows_per_position)]
        run.sounding = Sounding(model.codec, model.channels)
        if states is not None:
            with self._timed("text"):
                model.decoder.keep_text(run.slots[0], states)
        self._running[run.id] = run

    def _decode(self) -> Iterator[Event]:
        """Feed the decoder one step of every running request."""
        runs = [(run, run.sequence) for run in self._running.values() if run.sequence]
        fed = self._share([(run, sequence) for run, sequence in runs if not sequence.done])
        if not fed:
            return
        rows, firsts = lay_out([(s, run.slots, count) for run, s, count in fed])
        reading = sum(count - 1 for _, _, count in fed) / sum(count for _, _, count in fed)
        begun = time.perf_counter()
        scores = self._model.decoder.step(rows)
        elapsed = time.perf_counter() - begun
        self.steps += 1
        self.phases["prefill"] += elapsed * reading
        self.phases["decode"] += elapsed * (1 - reading)
        with self._timed("sample"):
            for (run, sequence, count), (with_text, without) in zip(fed, firsts, strict=True):
                last = scores[with_text + count - 1]
                unguided = None if without is None else scores[without + count - 1]
                sequence.advance(count, last, unguided)
                yield self._progress(run, sequence)

    def _share(self, runs: list[tuple[Run, Sequence]]) -> list[tuple[Run, Sequence, int]]:
        """Give each request one position, and what rows are left to those that read a prompt."""
        needed = sum(sequence.rows_per_position for _, sequence in runs)
        room = self._model.decoder.max_rows
        if len(runs) > 1:  # others wait for this step
            room = min(room, (needed // ROWS_AT_ONCE + 1) * ROWS_AT_ONCE)
        spare = room - needed
        fed = []
        for run, sequence in runs:
            more = min(sequence.pending - 1, spare // sequence.rows_per_position)
            spare -= more * sequence.rows_per_position
            fed.append((run, sequence, 1 + more))
        return fed

    def _progress(self, run: Run, sequence: Sequence) -> Progress:
        rate = self._model.shape.codec.frame_rate
        done = sequence.complete_frames - sequence.prompt_frames
        if sequence.done:
            self._free += run.slots
            run.slots = []
        return Progress(
            request_id=run.id,
            seconds_done=done / rate,
            seconds_total=sequence.new_frames / rate,
        )

    def _sound(self) -> Iterator[Event]:
        """Make a stretch of the sound that most waits for, or of a stem where nothing does."""
        ready = [run for run in self._running.values() if run.has_stretch(self._piece_frames)]
        if not ready:
            return
        run = max(ready, key=lambda run: (run.separation is None, run.unsounded_frames))
        if run.separation is not None:
            yield from self._separate(run, run.separation)
            return
        sequence, sounding = run.sequence, run.sounding
        assert sequence is not None and sounding is not None
        with self._timed("codec"):
            made, ended = sounding.advance(
                sequence.tokens, sequence.complete_frames, whole=sequence.done
            )
        yield AudioChunk(request_id=run.id, samples=made)
        if ended and isinstance(run.request, GenerationRequest) and run.request.wants_stems:
            stems = self._model.shape.stems
            run.separation = Separation(self._model.codec, sequence.tokens, stems)
        elif ended:
            yield self._finished(run, {})

    def _separate(self, run: Run, separation: Separation) -> Iterator[Event]:
        """Make the next stretch of a clip's stems."""
        with self._timed("stems"):
            stems = separation.advance()
        if stems is not None:
            yield self._finished(run, stems)

    def _finished(self, run: Run, stems: Mapping[str, Sound]) -> Finished:
        """Let a request go; what it has come to is the last that is said of it."""
        del self._running[run.id]
        sound, tokens = run.outcome(self._model.sample_rate_hz)
        return Finished(request_id=run.id, sound=sound, tokens=tokens, stems=stems)

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.phases[phase] += time.perf_counter() - begun


def _wants_guidance(request: GenerationRequest) -> bool:
    return request.prompt is not None and request.sampling.guided
