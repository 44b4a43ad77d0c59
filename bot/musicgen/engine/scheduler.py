"""Decide which request is prepared, admitted, decoded and vocoded next.

Continuous batching: a request joins and leaves the batch between any two steps, whatever the
others do. Knows no model: the engine does the work and reports what came of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from bot.musicgen.engine.request_state import RequestState, check_transition

CHEAP_ROWS = 16
"""Batch rows up to which a step costs about the same; spare rows are used for prefill."""

_IN_BATCH = (RequestState.PREFILL, RequestState.DECODING)


@dataclass(slots=True, kw_only=True, eq=False)
class ScheduledRequest:
    """What the scheduler knows of a request."""

    id: int
    slots_needed: int = 1
    """How many slots it takes, and rows of a step for each position: 2 with guidance."""
    slots: tuple[int, ...] = ()
    pending_positions: int = 0
    """Positions whose tokens are all known, so that one step could feed them; 0 at the end."""
    unvocoded_frames: int = 0
    """Frames that have all their tokens and no audio yet."""
    _state: RequestState = RequestState.WAITING

    @property
    def state(self) -> RequestState:
        """Return how far it is."""
        return self._state

    def enter(self, state: RequestState) -> None:
        """Go on to the next state. Raises InvalidTransitionError where it can't follow."""
        check_transition(self._state, state)
        self._state = state


@dataclass(frozen=True, slots=True)
class DecodeShare:
    """A request's part in a step of the decoder: how many positions are fed."""

    request: ScheduledRequest
    positions: int


class Scheduler:
    """The queue in front of the slots, and the requests that have left it."""

    def __init__(self, *, slots: int, max_rows: int, chunk_frames: int) -> None:
        """Share `slots`, and up to `max_rows` rows of a step; audio comes in `chunk_frames`."""
        self._free_slots = list(range(slots))
        self._max_rows = max_rows
        self._chunk_frames = chunk_frames
        self._queue: deque[ScheduledRequest] = deque()
        self._running: dict[int, ScheduledRequest] = {}

    @property
    def busy(self) -> bool:
        """Tell whether any request is unfinished."""
        return bool(self._queue or self._running)

    @property
    def free_slots(self) -> int:
        """Return how many slots are free."""
        return len(self._free_slots)

    def add(self, request_id: int) -> None:
        """Put a request at the end of the queue."""
        self._queue.append(ScheduledRequest(id=request_id))

    def add_separation(self, request_id: int) -> None:
        """Take on a clip whose stems alone are wanted: it needs no slot and waits for none."""
        request = ScheduledRequest(id=request_id)
        request.enter(RequestState.SEPARATING)
        self._running[request_id] = request

    def cancel(self, request_id: int) -> None:
        """Drop a request in any state; one that is finished or unknown changes nothing."""
        request = self._running.pop(request_id, None)
        if request is None:
            request = next((queued for queued in self._queue if queued.id == request_id), None)
            if request is None:
                return
            self._queue.remove(request)
        request.enter(RequestState.CANCELLED)
        self._release(request)

    def next_to_prepare(self) -> ScheduledRequest | None:
        """Return the request whose prompt is encoded next: the first in the queue."""
        return self._queue[0] if self._queue else None

    def make_ready(self, request: ScheduledRequest, *, slots_needed: int) -> None:
        """Note that a request's prompt is encoded, and how many slots it will need."""
        request.slots_needed = slots_needed
        request.enter(RequestState.READY)

    def admit(self) -> ScheduledRequest | None:
        """Take the first request out of the queue and give it slots, if both are ready for that."""
        if not self._queue:
            return None
        request = self._queue[0]
        if request.state is not RequestState.READY or request.slots_needed > self.free_slots:
            return None
        self._queue.popleft()
        request.slots = tuple(self._free_slots.pop() for _ in range(request.slots_needed))
        self._running[request.id] = request
        return request

    def schedule_decode(self) -> list[DecodeShare]:
        """Return who takes part in the next step of the decoder, in the order of admission."""
        requests = [each for each in self._running.values() if each.state in _IN_BATCH]
        wanted = [(each.pending_positions, each.slots_needed) for each in requests]
        positions = share_rows(wanted, self._max_rows)
        return [DecodeShare(*share) for share in zip(requests, positions, strict=True)]

    def update_decoded(
        self, request: ScheduledRequest, *, pending_positions: int, new_frames: int
    ) -> None:
        """Note what a step has brought: 0 positions pending mean that every token is chosen."""
        request.pending_positions = pending_positions
        request.unvocoded_frames += new_frames
        if pending_positions > 1:
            state = RequestState.PREFILL
        elif pending_positions == 1:
            state = RequestState.DECODING
        else:
            state = RequestState.VOCODING
            self._release(request)
        if state is not request.state:
            request.enter(state)

    def schedule_vocode(self) -> ScheduledRequest | None:
        """Return the request that gets the next chunk of audio.

        It is the one with the most frames waiting; stems are made where no clip has a chunk.
        """
        ready = [each for each in self._running.values() if self._has_chunk(each)]
        return max(ready, key=_vocode_priority, default=None)

    def update_vocoded(self, request: ScheduledRequest, *, frames: int) -> None:
        """Note that so many of a request's frames have become audio."""
        request.unvocoded_frames -= frames

    def finish(self, request: ScheduledRequest) -> None:
        """Let go of a request that is done."""
        request.enter(RequestState.FINISHED)
        del self._running[request.id]

    def _has_chunk(self, request: ScheduledRequest) -> bool:
        if request.state in _IN_BATCH:
            return request.unvocoded_frames >= self._chunk_frames
        # A clip's last chunk may be shorter, and stems have all their tokens.
        return request.state in (RequestState.VOCODING, RequestState.SEPARATING)

    def _release(self, request: ScheduledRequest) -> None:
        self._free_slots += request.slots
        request.slots = ()


def share_rows(wanted: Sequence[tuple[int, int]], max_rows: int) -> list[int]:
    """Return how many positions each request feeds in a step.

    `wanted` are each one's pending positions and its rows for a position. Everybody gets one
    position. The rows that are left go to those that prefill, the first come first: alone up to
    `max_rows`; with others, who wait for this step, only those that cost about nothing.
    """
    needed = sum(rows for _, rows in wanted)
    room = max_rows
    if len(wanted) > 1:
        room = min(room, (needed // CHEAP_ROWS + 1) * CHEAP_ROWS)
    spare = room - needed
    shares = []
    for pending, rows in wanted:
        more = min(pending - 1, spare // rows)
        spare -= more * rows
        shares.append(1 + more)
    return shares


def _vocode_priority(request: ScheduledRequest) -> tuple[bool, int]:
    return request.state is not RequestState.SEPARATING, request.unvocoded_frames
