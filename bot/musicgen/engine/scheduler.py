"""Decide which request is prepared, admitted, decoded and vocoded next (continuous batching).

A request joins and leaves the batch between any two steps, independently of others. The scheduler
knows no model: the engine does the work and reports back.
"""

from __future__ import annotations

from collections import deque

from bot.musicgen.engine.request_state import IN_BATCH, RequestState
from bot.musicgen.engine.scheduled_request import DecodeShare, Loan, ScheduledRequest
from bot.musicgen.engine.share_rows import LEAST_READ_ROWS, share_rows
from bot.musicgen.engine.slot_pool import SlotPool

MOST_CHUNKS = 16
"""Audio chunks decoded in one batch: about 0.1 s of work."""


class Scheduler:
    """The queue in front of the slots, and the running requests."""

    def __init__(self, *, slots: int, max_rows: int, chunk_frames: int, reserve: int = 0) -> None:
        """Take the number of `slots` and the rows of a step; audio comes in `chunk_frames`.

        `reserve` of the slots are kept for prompt changes.
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
    def batch(self) -> list[ScheduledRequest]:
        """Return the requests with tokens still to sample, in order of admission."""
        return [each for each in self._running.values() if each.state in IN_BATCH]

    def find(self, request_id: int) -> ScheduledRequest | None:
        """Return an unfinished request; None if unknown."""
        queued = (each for each in self._queue if each.id == request_id)
        return self._running.get(request_id) or next(queued, None)

    def add(self, request_id: int, *, least_allotment: int = 1) -> None:
        """Append a request to the queue, with a minimum allotment of slots."""
        self._queue.append(ScheduledRequest(id=request_id, least_allotment=least_allotment))

    def add_separation(self, request_id: int) -> None:
        """Add a request for the stems of a clip, which needs no slot and does not queue."""
        request = ScheduledRequest(id=request_id)
        request.enter(RequestState.SEPARATING)
        self._running[request_id] = request

    def cancel(self, request_id: int) -> None:
        """Drop a request in any state; ignored for a finished or unknown one."""
        request = self.find(request_id)
        if request is None:
            return
        if self._running.pop(request_id, None) is None:
            self._queue.remove(request)
        request.enter(RequestState.CANCELLED)
        self._release(request)

    def next_to_prepare(self) -> ScheduledRequest | None:
        """Return the request to encode next: the first in the queue."""
        return self._queue[0] if self._queue else None

    def make_ready(self, request: ScheduledRequest, *, slots_needed: int) -> None:
        """Note that a request is encoded, and how many slots it needs."""
        request.slots_needed = slots_needed
        request.least_allotment = max(request.least_allotment, slots_needed)
        request.allotment = max(request.allotment, request.least_allotment)
        request.enter(RequestState.READY)

    def admit(self) -> ScheduledRequest | None:
        """Remove the first request from the queue and give it slots, if possible."""
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
        """Change a request's allotment; return False if there are too few slots."""
        if request.id not in self._running:
            if slots > self.pool.most_allotted:
                return False
        elif not self.pool.allot(slots - request.allotment):
            return False
        request.allotment = slots
        return True

    def lend(self, request: ScheduledRequest, *, slots: int, lent: int) -> Loan | None:
        """Lend slots to new prompts of a request and promise `lent`; None if too few are left."""
        if not self.pool.lend(lent):
            return None
        loan = Loan(request=request, lent=lent, slots=self.pool.take(slots))
        request.loans.append(loan)
        return loan

    def join(self, loan: Loan) -> None:
        """Let new prompts that have caught up join their request's steps."""
        loan.request.slots += loan.slots
        loan.slots, loan.pending_positions = (), 0

    def end_loan(self, loan: Loan) -> None:
        """End a loan: its prompts are the request's own, or were dropped."""
        self.pool.end_promise(lent=loan.lent)
        self.pool.give_back(loan.slots)
        loan.request.loans.remove(loan)

    def drop_slots(self, request: ScheduledRequest, slots: tuple[int, ...]) -> None:
        """Free the slots of prompts that have left a request."""
        request.slots = tuple(slot for slot in request.slots if slot not in slots)
        self.pool.give_back(slots)

    def schedule_decode(self) -> list[DecodeShare]:
        """Return the participants of the next decoder step, in order of admission.

        Paused requests take no part, but their new prompts may. New prompts come last.
        """
        batch = self.batch
        reading = [loan for each in batch for loan in each.loans if loan.pending_positions > 0]
        requests = [each for each in batch if not each.is_ahead and not each.is_held]
        rows = sum(len(each.slots) for each in requests) + sum(len(each.slots) for each in reading)
        if reading and rows >= self._max_rows:
            # With no spare rows, prompts can't catch up unless their request pauses.
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
        """Note the result of a step; 0 pending positions: all tokens are sampled."""
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
        """Return the requests that get an audio chunk beside this step, in one batch.

        Batched chunks cost half as much: a chunk waits for others until its clip has two, but a
        clip's first never waits. Stems are decoded when no clip's chunk is due.
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
        """Note that that many frames of a request have audio."""
        request.unvocoded_frames -= frames
        request.is_heard = True

    def finish(self, request: ScheduledRequest) -> None:
        """Remove a finished request."""
        request.enter(RequestState.FINISHED)
        del self._running[request.id]

    def _has_chunk(self, request: ScheduledRequest) -> bool:
        if request.state in IN_BATCH:
            return request.unvocoded_frames >= self._chunk_frames
        # A clip's last chunk may be shorter; stems have all their tokens already.
        return request.state in (RequestState.VOCODING, RequestState.SEPARATING)

    def _is_urgent(self, request: ScheduledRequest) -> bool:
        """Return whether a chunk does not wait for others: it is the first, or there are two."""
        stands = request.is_ahead or request.is_held or request.state not in IN_BATCH
        return stands or not request.is_heard or request.unvocoded_frames >= 2 * self._chunk_frames

    def _release(self, request: ScheduledRequest) -> None:
        for loan in list(request.loans):
            self.end_loan(loan)
        if request.slots:
            self.pool.end_promise(allotted=request.allotment)
        self.pool.give_back(request.slots)
        request.slots = ()
