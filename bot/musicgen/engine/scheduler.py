"""Decide which request is prepared, admitted, decoded and vocoded next.

Continuous batching: a request joins and leaves the batch between any two steps, whatever the
others do. Knows no model: the engine does the work and reports what came of it.
"""

from __future__ import annotations

from collections import deque

from bot.musicgen.engine.request_state import IN_BATCH, RequestState
from bot.musicgen.engine.scheduled_request import DecodeShare, Loan, ScheduledRequest
from bot.musicgen.engine.share_rows import LEAST_READ_ROWS, share_rows
from bot.musicgen.engine.slot_pool import SlotPool

MOST_CHUNKS = 16
"""Chunks of audio made in one pass: some 0.1 s of work."""


class Scheduler:
    """The queue in front of the slots, and the requests that have left it."""

    def __init__(self, *, slots: int, max_rows: int, chunk_frames: int, reserve: int = 0) -> None:
        """Share `slots`, and up to `max_rows` rows of a step; audio comes in `chunk_frames`.

        `reserve` of the slots are kept for words that change.
        """
        self.pool = SlotPool(slots, reserve=reserve)
        self._max_rows = max_rows
        self._chunk_frames = chunk_frames
        self._queue: deque[ScheduledRequest] = deque()
        self._running: dict[int, ScheduledRequest] = {}

    @property
    def busy(self) -> bool:
        """Return whether any request is unfinished."""
        return bool(self._queue or self._running)

    @property
    def free_slots(self) -> int:
        """Return how many slots can still be allotted to requests."""
        return self.pool.unallotted

    @property
    def batch(self) -> list[ScheduledRequest]:
        """Return those of which the decoder has still to choose tokens, as they were admitted."""
        return [each for each in self._running.values() if each.state in IN_BATCH]

    def find(self, request_id: int) -> ScheduledRequest | None:
        """Return a request that is unfinished."""
        queued = (each for each in self._queue if each.id == request_id)
        return self._running.get(request_id) or next(queued, None)

    def add(self, request_id: int, *, least_allotment: int = 1) -> None:
        """Put a request at the end of the queue; it is always allotted so many slots."""
        self._queue.append(ScheduledRequest(id=request_id, least_allotment=least_allotment))

    def add_separation(self, request_id: int) -> None:
        """Take on a clip whose stems alone are wanted: it needs no slot and waits for none."""
        request = ScheduledRequest(id=request_id)
        request.enter(RequestState.SEPARATING)
        self._running[request_id] = request

    def cancel(self, request_id: int) -> None:
        """Drop a request in any state; one that is finished or unknown changes nothing."""
        request = self.find(request_id)
        if request is None:
            return
        if self._running.pop(request_id, None) is None:
            self._queue.remove(request)
        request.enter(RequestState.CANCELLED)
        self._release(request)

    def next_to_prepare(self) -> ScheduledRequest | None:
        """Return the request whose prompt is encoded next: the first in the queue."""
        return self._queue[0] if self._queue else None

    def make_ready(self, request: ScheduledRequest, *, slots_needed: int) -> None:
        """Note that a request's prompt is encoded, and how many slots it will need."""
        request.slots_needed = slots_needed
        request.least_allotment = max(request.least_allotment, slots_needed)
        request.allotment = max(request.allotment, request.least_allotment)
        request.enter(RequestState.READY)

    def admit(self) -> ScheduledRequest | None:
        """Take the first request out of the queue and give it slots, if both are ready for that."""
        if not self._queue:
            return None
        request = self._queue[0]
        if request.state is not RequestState.READY or not self.pool.allot(request.allotment):
            return None
        self._queue.popleft()
        request.slots = self.pool.take(request.slots_needed)
        self._running[request.id] = request
        return request

    def set_allotment(self, request: ScheduledRequest, slots: int) -> bool:
        """Allot a request another number of slots; False where there are not so many."""
        if request.id not in self._running:
            if slots > self.pool.most_allotted:
                return False
        elif not self.pool.allot(slots - request.allotment):
            return False
        request.allotment = slots
        return True

    def lend(self, request: ScheduledRequest, *, slots: int, lent: int) -> Loan | None:
        """Lend slots to new words of a request, and promise `lent`; None where too few are left."""
        if not self.pool.lend(lent):
            return None
        loan = Loan(request=request, lent=lent, slots=self.pool.take(slots))
        request.loans.append(loan)
        return loan

    def join(self, loan: Loan) -> None:
        """Let new words take part in their request's steps: they have read what it has."""
        loan.request.slots += loan.slots
        loan.slots, loan.pending_positions = (), 0

    def end_loan(self, loan: Loan) -> None:
        """Take back a loan: its words are the request's own, or have not joined it."""
        self.pool.end_promise(lent=loan.lent)
        self.pool.give_back(loan.slots)
        loan.request.loans.remove(loan)

    def drop_slots(self, request: ScheduledRequest, slots: tuple[int, ...]) -> None:
        """Take back the slots of words that have left a request."""
        request.slots = tuple(slot for slot in request.slots if slot not in slots)
        self.pool.give_back(slots)

    def schedule_decode(self) -> list[DecodeShare]:
        """Return who takes part in the next step of the decoder, in the order of admission.

        Those that stand still don't, but their new words may. New words come last.
        """
        batch = self.batch
        reading = [loan for each in batch for loan in each.loans if loan.pending_positions > 0]
        requests = [each for each in batch if not each.is_ahead and not each.is_held]
        rows = sum(len(each.slots) for each in requests) + sum(len(each.slots) for each in reading)
        if reading and rows >= self._max_rows:
            # No row is left to read faster than tokens are added: these add none meanwhile.
            readers = {loan.request.id for loan in reading}
            requests = [each for each in requests if each.id not in readers]
        wanted = [(each.pending_positions, len(each.slots)) for each in requests]
        wanted += [(each.pending_positions, len(each.slots)) for each in reading]
        least_spare = LEAST_READ_ROWS if reading else 1
        counts = share_rows(wanted, self._max_rows, least_spare=least_spare)
        shares = [DecodeShare(*pair) for pair in zip(requests, counts, strict=False)]
        loans = zip(reading, counts[len(requests) :], strict=True)
        return shares + [DecodeShare(loan.request, count, loan) for loan, count in loans]

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

    def schedule_chunks(self) -> list[ScheduledRequest]:
        """Return who gets a chunk of audio beside this step, all in one pass.

        Chunks made together cost half as much: one waits for others, but not longer than it takes
        to have a second, and not a clip's first. Stems are made where no clip's chunk is due.
        """
        ready = [each for each in self._running.values() if self._has_chunk(each)]
        clips = [each for each in ready if each.state is not RequestState.SEPARATING]
        growing = [each for each in self.batch if not each.is_ahead and not each.is_held]
        are_all_ready = all(self._has_chunk(each) for each in growing)
        if clips and (are_all_ready or any(self._is_urgent(each) for each in clips)):
            clips.sort(key=lambda each: each.unvocoded_frames, reverse=True)
            return clips[:MOST_CHUNKS]
        return [each for each in ready if each.state is RequestState.SEPARATING][:1]

    def update_vocoded(self, request: ScheduledRequest, *, frames: int) -> None:
        """Note that so many of a request's frames have become audio."""
        request.unvocoded_frames -= frames
        request.is_heard = True

    def finish(self, request: ScheduledRequest) -> None:
        """Let go of a request that is done."""
        request.enter(RequestState.FINISHED)
        del self._running[request.id]

    def _has_chunk(self, request: ScheduledRequest) -> bool:
        if request.state in IN_BATCH:
            return request.unvocoded_frames >= self._chunk_frames
        # A clip's last chunk may be shorter, and stems have all their tokens.
        return request.state in (RequestState.VOCODING, RequestState.SEPARATING)

    def _is_urgent(self, request: ScheduledRequest) -> bool:
        """Return whether a clip's chunk waits for no others: it is its first, or there are two."""
        stands = request.is_ahead or request.is_held or request.state not in IN_BATCH
        return stands or not request.is_heard or request.unvocoded_frames >= 2 * self._chunk_frames

    def _release(self, request: ScheduledRequest) -> None:
        for loan in list(request.loans):
            self.end_loan(loan)
        if request.slots:
            self.pool.end_promise(allotted=request.allotment)
        self.pool.give_back(request.slots)
        request.slots = ()
