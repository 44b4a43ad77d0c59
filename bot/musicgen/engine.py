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
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from bot.jobs import Event, Finished, GenerationRequest, Piece, Progress, Samples, Sound, Tokens
from bot.musicgen import codec
from bot.musicgen.batch import lay_out, merged, split
from bot.musicgen.decoder import Floats
from bot.musicgen.model import Model
from bot.musicgen.sequence import Sequence
from bot.musicgen.validation import check_request

KEPT_SHARE = 12 / 30
"""What of a window a longer clip's next one sees: 12 of 30 s, as audiocraft has it."""

ROWS_AT_ONCE = 16
"""Rows that a decoder makes in about the time of one: a prompt is read in what is left of them."""


@dataclass(slots=True, kw_only=True)
class _Run:
    """A request between submit and its last event."""

    id: int
    request: GenerationRequest
    listening: codec.Encoder | None = None
    heard: int = 0
    codes: list[Tokens] = field(default_factory=list)
    reading: Generator[None, None, Floats] | None = None
    states: Floats | None = None
    sequence: Sequence | None = None
    slots: list[int] = field(default_factory=list)
    sounding: codec.Decoder | None = None
    sounded_frames: int = 0
    pieces: list[Samples] = field(default_factory=list)


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
        self._waiting: deque[_Run] = deque()
        self._running: dict[int, _Run] = {}
        self._next_id = 1

    @property
    def busy(self) -> bool:
        """Tell whether any request is unfinished."""
        return bool(self._waiting or self._running)

    def submit(self, request: GenerationRequest) -> int:
        """Take on a request and return its id; it joins as soon as there is a slot.

        Raises RequestError for what can't be made.
        """
        check_request(request, self._model, max_seconds=self._max_seconds)
        run = _Run(id=self._next_id, request=request)
        if request.prompt is not None:
            run.reading = self._model.text.read(request.prompt)
        if request.audio is not None:
            run.listening = codec.Encoder(self._model.codec, channels=self._model.channels)
        self._next_id += 1
        self._waiting.append(run)
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
        if run.listening is not None:
            with self._timed("listen"):
                self._listen(run, run.listening)
            return
        if run.reading is not None:
            with self._timed("text"):
                self._read(run, run.reading)
        if run.reading is None and len(self._free) >= (2 if _wants_guidance(run.request) else 1):
            self._waiting.popleft()
            self._join(run)

    def _read(self, run: _Run, pieces: Generator[None, None, Floats]) -> None:
        """Read the next piece of a text."""
        try:
            next(pieces)
        except StopIteration as end:
            run.states = end.value
            run.reading = None

    def _listen(self, run: _Run, stream: codec.Encoder) -> None:
        """Turn the next piece of an audio prompt into tokens."""
        assert run.request.audio is not None
        samples = run.request.audio.samples
        piece = samples[:, run.heard : run.heard + self._piece_frames * self._model.shape.codec.hop]
        run.heard += piece.shape[1]
        run.codes.append(merged(stream.push(piece)))
        if run.heard >= samples.shape[1]:
            run.codes.append(merged(stream.finish()))
            run.listening = None

    def _join(self, run: _Run) -> None:
        model, request, states = self._model, run.request, run.states
        rate = model.shape.codec.frame_rate
        run.sequence = Sequence(
            model.shape.decoder,
            request.sampling,
            seed=request.seed,
            prompt=_joined(run.codes, model.shape.decoder.codebooks),
            new_frames=max(1, round(request.seconds * rate)),
            text_tokens=0 if states is None else len(states),
            longest=model.window_frames,
            keep=round(KEPT_SHARE * model.window_frames),
        )
        run.codes.clear()
        run.slots = [self._free.pop() for _ in range(run.sequence.rows_per_position)]
        run.sounding = codec.Decoder(model.codec, channels=model.channels)
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

    def _share(self, runs: list[tuple[_Run, Sequence]]) -> list[tuple[_Run, Sequence, int]]:
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

    def _progress(self, run: _Run, sequence: Sequence) -> Progress:
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
        """Make sound of the request that has the most tokens waiting for it."""
        ready = [run for run in self._running.values() if self._is_ready(run)]
        if not ready:
            return
        run = max(ready, key=_unsounded)
        sequence, sounding = run.sequence, run.sounding
        assert sequence is not None and sounding is not None
        until = min(run.sounded_frames + self._piece_frames, sequence.complete_frames)
        fresh = sequence.tokens[:, run.sounded_frames : until]
        ended = sequence.done and until == sequence.complete_frames
        with self._timed("codec"):
            made = sounding.push(split(fresh, self._model.channels))
            if ended:
                made = np.concatenate([made, sounding.finish()], axis=1)
        run.sounded_frames = until
        run.pieces.append(made)
        yield Piece(request_id=run.id, samples=made)
        if ended:
            del self._running[run.id]
            samples = np.concatenate(run.pieces, axis=1)
            sound = Sound(samples=samples, sample_rate_hz=self._model.sample_rate_hz)
            yield Finished(request_id=run.id, sound=sound, tokens=sequence.tokens)

    def _is_ready(self, run: _Run) -> bool:
        """Tell whether there are tokens enough for a piece of sound, or the last ones."""
        if run.sequence is None:
            return False
        return _unsounded(run) >= self._piece_frames or run.sequence.done

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.phases[phase] += time.perf_counter() - begun


def _wants_guidance(request: GenerationRequest) -> bool:
    return request.prompt is not None and request.sampling.guided


def _unsounded(run: _Run) -> int:
    return 0 if run.sequence is None else run.sequence.complete_frames - run.sounded_frames


def _joined(codes: list[Tokens], codebooks: int) -> Tokens:
    return np.concatenate([np.zeros((codebooks, 0), np.int32), *codes], axis=1)
