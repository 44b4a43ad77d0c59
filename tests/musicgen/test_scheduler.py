"""The scheduler without a model: which requests are admitted, decoded and vocoded."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.musicgen.engine.request_state import (
    TRANSITIONS,
    InvalidTransitionError,
    RequestState,
    check_transition,
)
from bot.musicgen.engine.scheduled_request import ScheduledRequest
from bot.musicgen.engine.scheduler import MOST_CHUNKS, Scheduler
from bot.musicgen.engine.share_rows import CHEAP_ROWS, share_rows

CHUNK_FRAMES = 10


def make_scheduler(slots: int = 4, max_rows: int = 32) -> Scheduler:
    """Return a scheduler without requests."""
    return Scheduler(slots=slots, max_rows=max_rows, chunk_frames=CHUNK_FRAMES)


def admit(
    scheduler: Scheduler, request_id: int, *, pending: int = 1, slots: int = 1
) -> ScheduledRequest:
    """Bring a new request through an empty queue into its slots."""
    scheduler.add(request_id)
    request = scheduler.next_to_prepare()
    assert request is not None
    scheduler.make_ready(request, slots_needed=slots)
    assert scheduler.admit() is request
    scheduler.update_decoded(request, pending_positions=pending, new_frames=0)
    return request


def decode_all(scheduler: Scheduler, request: ScheduledRequest, frames: int = 0) -> None:
    """Choose every token of a request."""
    scheduler.update_decoded(request, pending_positions=0, new_frames=frames)


def test_only_listed_transitions_are_allowed() -> None:
    """The final two states have no transitions."""
    for old, new in itertools.product(RequestState, repeat=2):
        if new in TRANSITIONS[old]:
            check_transition(old, new)
        else:
            with pytest.raises(InvalidTransitionError):
                check_transition(old, new)
    assert not TRANSITIONS[RequestState.FINISHED] | TRANSITIONS[RequestState.CANCELLED]


def test_an_invalid_transition_does_not_change_the_state() -> None:
    """A waiting request can't decode: an error is raised, and it is still waiting."""
    request = ScheduledRequest(id=1)
    with pytest.raises(InvalidTransitionError, match="WAITING can't be followed by DECODING"):
        request.enter(RequestState.DECODING)
    assert request.state is RequestState.WAITING


def test_every_state_can_be_reached_and_cancelled_but_the_last() -> None:
    """Each state is reachable from WAITING, and CANCELLED from each unfinished one."""
    reached = {RequestState.WAITING}
    while more := {new for old in reached for new in TRANSITIONS[old]} - reached:
        reached |= more
    assert reached == set(RequestState)
    unfinished = set(RequestState) - {RequestState.FINISHED, RequestState.CANCELLED}
    assert all(RequestState.CANCELLED in TRANSITIONS[state] for state in unfinished)


def test_the_first_in_the_queue_is_prepared_and_admitted_first() -> None:
    """A later request is not prepared before the earlier one has its slots."""
    scheduler = make_scheduler()
    scheduler.add(1)
    scheduler.add(2)
    first = scheduler.next_to_prepare()
    assert first is not None and first.id == 1
    assert scheduler.admit() is None
    scheduler.make_ready(first, slots_needed=1)
    assert scheduler.next_to_prepare() is first
    assert scheduler.admit() is first
    second = scheduler.next_to_prepare()
    assert second is not None and second.id == 2


def test_a_request_waits_for_all_its_slots() -> None:
    """With guidance it needs two; later requests do not overtake it."""
    scheduler = make_scheduler(slots=3)
    running = admit(scheduler, 1, slots=2)
    scheduler.add(2)
    scheduler.add(3)
    guided = scheduler.next_to_prepare()
    assert guided is not None
    scheduler.make_ready(guided, slots_needed=2)
    assert scheduler.admit() is None
    assert scheduler.pool.unallotted == 1
    decode_all(scheduler, running)
    assert scheduler.admit() is guided
    assert len(set(guided.slots)) == 2


def test_slots_are_released_after_the_last_token() -> None:
    """The remaining audio needs none."""
    scheduler = make_scheduler(slots=2)
    request = admit(scheduler, 1, slots=2)
    assert scheduler.pool.unallotted == 0
    decode_all(scheduler, request, frames=3)
    assert request.state is RequestState.VOCODING
    assert request.slots == ()
    assert scheduler.pool.unallotted == 2
    assert scheduler.schedule_decode() == []


def test_the_next_state_depends_on_the_known_tokens() -> None:
    """Several pending positions are a prefill, one is a token to choose; windows alternate."""
    scheduler = make_scheduler()
    request = admit(scheduler, 1, pending=40)
    states = [request.state]
    for pending in (10, 1, 1, 600, 1, 0):
        scheduler.update_decoded(request, pending_positions=pending, new_frames=0)
        states.append(request.state)
    prefill, decoding = RequestState.PREFILL, RequestState.DECODING
    assert states == [
        prefill,
        prefill,
        decoding,
        decoding,
        prefill,
        decoding,
        RequestState.VOCODING,
    ]


def test_a_step_has_the_whole_batch_in_admission_order() -> None:
    """Waiting, vocoding and separating requests are not in it."""
    scheduler = make_scheduler()
    first, second, third = (admit(scheduler, request_id) for request_id in (1, 2, 3))
    scheduler.add_separation(4)
    scheduler.add(5)
    decode_all(scheduler, second)
    assert [share.request for share in scheduler.schedule_decode()] == [first, third]


def test_prefill_uses_all_rows_alone_and_spare_rows_otherwise() -> None:
    """A long prompt does not slow down the steps of other requests."""
    assert share_rows([(100, 1)], 32) == [32]
    assert share_rows([(100, 2)], 32) == [16]
    assert share_rows([(1, 1), (100, 1)], 32) == [1, CHEAP_ROWS - 1]
    assert share_rows([(100, 1), (100, 1)], 32) == [CHEAP_ROWS - 1, 1]
    assert share_rows([(1, 1)] * CHEAP_ROWS + [(100, 1)], 64) == [1] * CHEAP_ROWS + [16]


@given(
    wanted=st.lists(st.tuples(st.integers(1, 2000), st.integers(1, 2)), max_size=20),
    spare=st.integers(0, 64),
)
def test_a_step_stays_within_its_rows_and_includes_everyone(
    wanted: list[tuple[int, int]], spare: int
) -> None:
    """Every request gets at least one position and at most what is pending."""
    max_rows = sum(rows for _, rows in wanted) + spare
    shares = share_rows(wanted, max_rows)
    assert len(shares) == len(wanted)
    assert all(1 <= share <= pending for share, (pending, _) in zip(shares, wanted, strict=True))
    assert sum(n * rows for n, (_, rows) in zip(shares, wanted, strict=True)) <= max_rows


def decode(scheduler: Scheduler, *requests: ScheduledRequest, frames: int) -> None:
    """Add frames to requests that have more to come."""
    for request in requests:
        scheduler.update_decoded(request, pending_positions=1, new_frames=frames)


def vocode(scheduler: Scheduler) -> list[int]:
    """Decode the chunks that are due; return their requests' ids."""
    due = scheduler.schedule_chunks()
    for request in due:
        scheduler.update_vocoded(request, frames=min(CHUNK_FRAMES, request.unvocoded_frames))
    return [request.id for request in due]


def test_the_first_chunk_of_a_clip_is_not_delayed() -> None:
    """Less than a chunk is never due; other complete chunks are decoded with a first one."""
    scheduler = make_scheduler()
    first, second, third = (admit(scheduler, request_id) for request_id in (1, 2, 3))
    decode(scheduler, first, second, third, frames=CHUNK_FRAMES - 1)
    assert vocode(scheduler) == []
    decode(scheduler, second, frames=1)
    assert vocode(scheduler) == [2]
    decode(scheduler, second, frames=CHUNK_FRAMES)
    assert vocode(scheduler) == []
    decode(scheduler, first, frames=1)
    assert sorted(vocode(scheduler)) == [1, 2]


def test_chunks_are_decoded_in_batches() -> None:
    """A chunk waits until all requests have one, or one of them has two."""
    scheduler = make_scheduler()
    clips = [admit(scheduler, request_id) for request_id in (1, 2, 3)]
    decode(scheduler, *clips, frames=CHUNK_FRAMES)
    assert sorted(vocode(scheduler)) == [1, 2, 3]
    decode(scheduler, *clips[:2], frames=CHUNK_FRAMES)
    assert vocode(scheduler) == []
    decode(scheduler, clips[2], frames=CHUNK_FRAMES)
    assert sorted(vocode(scheduler)) == [1, 2, 3]
    decode(scheduler, *clips[:2], frames=2 * CHUNK_FRAMES - 1)
    assert vocode(scheduler) == []
    decode(scheduler, clips[0], frames=1)
    assert vocode(scheduler) == [1, 2]


@pytest.mark.parametrize("reason", ["is_ahead", "is_held"])
def test_stalled_requests_do_not_delay_chunks(reason: str) -> None:
    """The others do not wait for a stalled request, whose chunks are decoded when complete."""
    scheduler = make_scheduler()
    going, standing = admit(scheduler, 1), admit(scheduler, 2)
    decode(scheduler, going, standing, frames=CHUNK_FRAMES)
    vocode(scheduler)
    setattr(standing, reason, True)
    decode(scheduler, going, frames=CHUNK_FRAMES)
    assert vocode(scheduler) == [1]
    decode(scheduler, standing, frames=CHUNK_FRAMES)
    assert vocode(scheduler) == [2]


def test_a_complete_clip_is_decoded_at_once() -> None:
    """The end of a clip is due immediately, and the number of chunks in a pass is limited."""
    scheduler = Scheduler(slots=32, max_rows=64, chunk_frames=CHUNK_FRAMES)
    ended = [admit(scheduler, request_id) for request_id in range(MOST_CHUNKS + 1)]
    decode(scheduler, *ended, frames=CHUNK_FRAMES)
    assert len(vocode(scheduler)) == MOST_CHUNKS
    assert vocode(scheduler) == [MOST_CHUNKS]
    decode_all(scheduler, ended[0], frames=2)
    assert vocode(scheduler) == [0]


def test_stems_are_decoded_when_no_chunk_is_due() -> None:
    """A separation waits for a due chunk, although it came first."""
    scheduler = make_scheduler()
    scheduler.add_separation(1)
    clip = admit(scheduler, 2)
    (stems,) = scheduler.schedule_chunks()
    assert stems.state is RequestState.SEPARATING
    decode(scheduler, clip, frames=CHUNK_FRAMES)
    assert scheduler.schedule_chunks() == [clip]


def test_a_cancelled_request_gives_its_slots_back_in_any_state() -> None:
    """Queued, decoding, vocoding or separating."""
    scheduler = make_scheduler()
    admit(scheduler, 1, slots=2)
    decode_all(scheduler, admit(scheduler, 2))
    scheduler.add_separation(3)
    scheduler.add(4)
    for request_id in (4, 3, 2, 1, 1, 99):
        scheduler.cancel(request_id)
    assert not scheduler.busy
    assert scheduler.pool.unallotted == 4


def test_a_finished_request_is_forgotten() -> None:
    """A late cancel changes nothing, and finishing it twice is an error."""
    scheduler = make_scheduler()
    request = admit(scheduler, 1)
    decode_all(scheduler, request)
    scheduler.finish(request)
    scheduler.cancel(1)
    assert request.state is RequestState.FINISHED
    assert not scheduler.busy
    with pytest.raises(InvalidTransitionError):
        scheduler.finish(request)


def test_lent_slots_do_not_delay_admission() -> None:
    """Loans use the reserve only, and requests the other slots."""
    scheduler = Scheduler(slots=6, max_rows=32, chunk_frames=CHUNK_FRAMES, reserve=2)
    first = admit(scheduler, 1, slots=2)
    assert scheduler.lend(first, slots=2, lent=2) is not None
    assert scheduler.lend(first, slots=1, lent=1) is None
    second = admit(scheduler, 2, slots=2)
    assert len({*first.slots, *first.loans[0].slots, *second.slots}) == 6
    scheduler.add(3)
    third = scheduler.next_to_prepare()
    assert third is not None
    scheduler.make_ready(third, slots_needed=1)
    assert scheduler.admit() is None


def test_an_allotment_grows_only_with_free_slots() -> None:
    """It can always shrink."""
    scheduler = Scheduler(slots=6, max_rows=32, chunk_frames=CHUNK_FRAMES, reserve=2)
    first, second = admit(scheduler, 1), admit(scheduler, 2, slots=2)
    assert not scheduler.set_allotment(first, 3)
    assert scheduler.set_allotment(first, 2)
    assert scheduler.set_allotment(second, 1)
    assert scheduler.set_allotment(first, 3)


def test_new_prompts_catch_up_during_decoding() -> None:
    """Every request gets its token meanwhile; the new prompt gets the rows that cost little."""
    scheduler = Scheduler(slots=20, max_rows=36, chunk_frames=CHUNK_FRAMES, reserve=3)
    requests = [admit(scheduler, request_id, slots=2) for request_id in range(8)]
    loan = scheduler.lend(requests[3], slots=1, lent=1)
    assert loan is not None
    loan.pending_positions = 700
    *others, reading = scheduler.schedule_decode()
    assert [(share.request, share.positions) for share in others] == [(r, 1) for r in requests]
    assert (reading.loan, reading.request) == (loan, requests[3])
    assert reading.positions >= 8
    scheduler.join(loan)
    assert len(requests[3].slots) == 3
    assert all(share.loan is None for share in scheduler.schedule_decode())


def test_without_spare_rows_a_request_waits_for_its_new_prompt() -> None:
    """Otherwise the new prompt would never catch up."""
    scheduler = Scheduler(slots=4, max_rows=4, chunk_frames=CHUNK_FRAMES, reserve=1)
    first, second = admit(scheduler, 1, slots=2), admit(scheduler, 2)
    loan = scheduler.lend(first, slots=1, lent=1)
    assert loan is not None
    loan.pending_positions = 9
    shares = scheduler.schedule_decode()
    assert [(share.request, share.loan) for share in shares] == [(second, None), (first, loan)]
    assert shares[1].positions > 1


def test_stalled_requests_are_not_scheduled() -> None:
    """Neither one ahead of its listener nor one held for a new prompt, which is prefilled."""
    scheduler = Scheduler(slots=9, max_rows=32, chunk_frames=CHUNK_FRAMES, reserve=2)
    first, second = admit(scheduler, 1, slots=2), admit(scheduler, 2, slots=2)
    first.is_ahead, second.is_held = True, True
    loan = scheduler.lend(second, slots=2, lent=2)
    assert loan is not None
    loan.pending_positions = 100
    (reading,) = scheduler.schedule_decode()
    assert (reading.loan, reading.positions) == (loan, 16)


@given(st.data())
def test_slots_are_neither_leaked_nor_shared(data: st.DataObject) -> None:
    """After any order of requests, loans, joins and cancels, all slots are free again."""
    scheduler = Scheduler(slots=9, max_rows=32, chunk_frames=CHUNK_FRAMES, reserve=3)
    running: list[ScheduledRequest] = []
    for request_id in range(data.draw(st.integers(1, 30), "steps")):
        running = [request for request in running if request.slots]
        loans = [loan for request in running for loan in request.loans]
        what = data.draw(st.sampled_from(["add", "admit", "lend", "join", "end", "drop", "cancel"]))
        if what == "add":
            scheduler.add(request_id, least_allotment=data.draw(st.integers(1, 3)))
        elif what == "admit":
            request = scheduler.next_to_prepare()
            if request is not None and request.state is RequestState.WAITING:
                scheduler.make_ready(request, slots_needed=data.draw(st.integers(1, 2)))
            request = scheduler.admit()
            if request is not None:
                scheduler.update_decoded(request, pending_positions=1, new_frames=0)
                running.append(request)
        elif what == "lend" and running:
            lent = data.draw(st.integers(1, 3))
            slots = data.draw(st.integers(0, lent))
            scheduler.lend(data.draw(st.sampled_from(running)), slots=slots, lent=lent)
        elif what in ("join", "end") and loans:
            loan = data.draw(st.sampled_from(loans))
            if what == "end":
                scheduler.end_loan(loan)
                continue
            # As many old rows leave as new ones join, so that no request exceeds its allotment.
            leaving = loan.request.slots[: len(loan.slots)]
            scheduler.join(loan)
            scheduler.drop_slots(loan.request, leaving)
        elif what == "cancel":
            scheduler.cancel(data.draw(st.integers(0, 30)))
        held = [slot for request in running for slot in request.slots]
        held += [slot for request in running for loan in request.loans for slot in loan.slots]
        assert len(held) == len(set(held)) <= 9
    for request_id in range(30):
        scheduler.cancel(request_id)
    assert scheduler.pool.is_untouched
    assert not scheduler.busy
