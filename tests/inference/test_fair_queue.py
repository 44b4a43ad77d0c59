"""The queue: fair between people, in order for each, and nothing lost or taken twice."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict, deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inference.fair_queue import FairQueue, QueuedJob
from tests.soak.queue_watch import promised_seconds

LONGEST_SECONDS = 60

users = st.integers(0, 4)
lengths = st.integers(1, LONGEST_SECONDS)  # whole seconds, so that sums are exact


def job(job_id, user_id=1, seconds=10.0):
    return QueuedJob(job_id=job_id, user_id=user_id, seconds=seconds)


def queue_of(*jobs):
    queue = FairQueue()
    for each in jobs:
        queue.push(each)
    return queue


def taken(queue):
    """Take all jobs, each ending before the next is taken."""
    ids = []
    while (each := queue.take({}, most_per_user=1)) is not None:
        ids.append(each.job_id)
    return ids


def test_an_empty_queue_returns_nothing():
    """Without jobs there is nothing to take."""
    assert FairQueue().take({}, most_per_user=1) is None
    assert FairQueue().order() == []
    assert len(FairQueue()) == 0


def test_users_take_turns():
    """One person's second clip comes after another's first."""
    queue = queue_of(*(job(n, user_id=1) for n in range(4)), job(10, user_id=2), job(11, user_id=2))
    assert taken(queue) == [0, 10, 1, 11, 2, 3]


def test_turns_are_weighted_by_seconds():
    """A clip of a minute takes as many turns as six of ten seconds."""
    queue = queue_of(job(0, user_id=1, seconds=60), *(job(n, user_id=2) for n in range(1, 8)))
    assert taken(queue) == [1, 2, 3, 4, 5, 0, 6, 7]


def test_users_at_their_limit_are_skipped_and_keep_their_turn():
    """A person at the limit of running jobs loses no turn."""
    queue = queue_of(job(1, user_id=1), job(2, user_id=1), job(3, user_id=2), job(4, user_id=2))
    first = queue.take({1: 2}, most_per_user=2)
    assert first is not None
    assert first.job_id == 3
    assert queue.take({1: 2, 2: 2}, most_per_user=2) is None
    assert taken(queue) == [1, 2, 4]  # as if the first round had gone on with 1


def test_an_interrupted_job_comes_first():
    """Before the person's other jobs, whatever its length, and the person is next."""
    queue = queue_of(job(1, user_id=1), job(2, user_id=2), job(3, user_id=2))
    queue.push_front(job(4, user_id=2, seconds=300))
    assert queue.order()[0] == 4
    assert taken(queue) == [4, 1, 2, 3]


def test_any_job_can_be_removed():
    """Only that job is removed; an unknown one changes nothing."""
    queue = queue_of(job(1), job(2), job(3))
    assert queue.remove(2)
    assert not queue.remove(2)
    assert len(queue) == 2
    assert taken(queue) == [1, 3]


def test_leaving_the_queue_resets_credit():
    """A person who comes back starts without credit or debt."""
    queue = queue_of(job(1, user_id=1, seconds=45), job(2, user_id=2), job(3, user_id=2))
    assert [queue.take({}, most_per_user=1).job_id for _ in range(2)] == [2, 3]
    queue.remove(1)
    queue.push(job(4, user_id=2))
    queue.push(job(5, user_id=1, seconds=20))
    assert taken(queue) == [4, 5]
    queue.push(job(6, user_id=1, seconds=20))
    queue.push(job(7, user_id=2))
    assert taken(queue) == [7, 6]


@given(st.lists(st.tuples(users, lengths), max_size=30))
def test_the_reported_order_is_the_actual_order(jobs):
    """The reported number of jobs ahead is exact, and asking changes nothing."""
    queue = queue_of(*(job(n, user, seconds) for n, (user, seconds) in enumerate(jobs)))
    reported = queue.order()
    assert queue.order() == reported
    assert len(queue) == len(jobs)
    assert taken(queue) == reported


steps = st.one_of(
    st.tuples(st.just("push"), users, lengths),
    st.tuples(st.just("take"), st.dictionaries(users, st.integers(0, 3)), st.integers(1, 3)),
    st.tuples(st.just("remove"), st.integers(0, 30), st.none()),
)


@given(st.lists(steps, max_size=60))
def test_every_job_is_taken_exactly_once(script):
    """Each person's jobs come in their order, and none is lost."""
    queue, ids = FairQueue(), itertools.count()
    expected: dict[int, deque[int]] = defaultdict(deque)
    for kind, first, second in script:
        if kind == "push":
            id_ = next(ids)
            queue.push(job(id_, first, second))
            expected[first].append(id_)
        elif kind == "remove":
            owner = next((user for user, own in expected.items() if first in own), None)
            assert queue.remove(first) is (owner is not None)
            if owner is not None:
                expected[owner].remove(first)
        else:
            able = {user for user, own in expected.items() if own and first.get(user, 0) < second}
            each = queue.take(first, most_per_user=second)
            assert (each is not None) is bool(able)
            if each is not None:
                assert each.user_id in able
                assert each.job_id == expected[each.user_id].popleft()
        assert len(queue) == sum(map(len, expected.values()))
    rest = taken(queue)
    assert sorted(rest) == sorted(itertools.chain.from_iterable(expected.values()))


@given(
    before=st.lists(st.tuples(users, lengths), max_size=20),
    already_taken=st.integers(0, 20),
    own=lengths,
    greed=st.lists(lengths, min_size=5, max_size=5),
)
def test_every_user_s_wait_is_bounded(before, already_taken, own, greed):
    """Before the next job of a person each other gets less than a quantum a round and one job.

    A job takes as many rounds as it has quanta, however much the others ask for meanwhile.
    """
    ids = itertools.count(1)
    queue = queue_of(*(job(next(ids), user, seconds) for user, seconds in before))
    for _ in range(min(already_taken, len(before))):
        queue.take({}, most_per_user=1)
    queue.push(job(0, user_id=99, seconds=own))
    got: Counter[int] = Counter()
    while True:
        for user, seconds in enumerate(greed):  # nobody's line ever ends
            queue.push(job(next(ids), user, seconds))
        each = queue.take({}, most_per_user=1)
        assert each is not None
        if each.job_id == 0:
            break
        got[each.user_id] += each.seconds
        assert got[each.user_id] < promised_seconds(own, LONGEST_SECONDS)


@pytest.mark.parametrize("people", [2, 5, 20])
def test_a_short_job_waits_at_most_one_turn_of_each_other_user(people):
    """With clips of the usual length, a newcomer waits for no more than one of each person."""
    queue = queue_of(*(job(100 * user + n, user) for user in range(1, people) for n in range(9)))
    queue.push(job(0, user_id=0))
    assert queue.order().index(0) == people - 1


def test_a_job_that_must_run_alone_comes_first():
    """A suspect of a crash is next, and marked as running alone."""
    queue = queue_of(job(1, user_id=1), job(2, user_id=2))
    suspect = QueuedJob(job_id=3, user_id=1, seconds=10.0, alone=True)
    queue.push(suspect)
    assert queue.next_is_alone
    assert (len(queue), queue.order()) == (3, [3, 1, 2])
    assert queue.take({1: 99}, most_per_user=1) is suspect
    assert not queue.next_is_alone
    queue.push(suspect)
    assert queue.remove(3)
    assert taken(queue) == [1, 2]


def on(job_id, guild_id, user_id=None, seconds=10.0):
    """A job on a server, of a person on no other server by default."""
    user_id = 1000 + job_id if user_id is None else user_id
    return QueuedJob(job_id=job_id, user_id=user_id, seconds=seconds, guild_id=guild_id)


def test_servers_take_turns_before_people():
    """Two people of a small server come after one each of a large one's, not after all of them."""
    queue = queue_of(*(on(n, guild_id=1) for n in range(6)), on(10, 2), on(11, 2))
    assert taken(queue) == [0, 10, 1, 11, 2, 3, 4, 5]


def test_direct_messages_are_one_server():
    """A person in direct messages gets no server's turn of their own."""
    queue = queue_of(*(on(n, guild_id=None) for n in range(4)), on(10, 1), on(11, 1))
    assert taken(queue) == [0, 10, 1, 11, 2, 3]


def test_a_user_on_several_servers_has_one_turn_at_a_time():
    """They wait on the server of their next clip, after those already waiting there."""
    everywhere = [on(n, guild_id=n, user_id=1) for n in range(4)]
    queue = queue_of(*everywhere, on(10, 0), on(11, 1), on(12, 2), on(13, 9))
    assert taken(queue) == [0, 11, 12, 13, 10, 1, 2, 3]


def test_an_interrupted_job_moves_its_user_to_the_front():
    """On the server where it was interrupted, which is next; then all others come first."""
    queue = queue_of(on(1, 1, user_id=7), on(2, 2), on(3, 3))
    queue.push_front(on(4, 2, user_id=7, seconds=45))
    assert taken(queue) == [4, 3, 1, 2]


servers = st.integers(0, 3)


@given(
    before=st.lists(st.tuples(servers, users, lengths), max_size=20),
    already_taken=st.integers(0, 20),
    own=lengths,
    greed=st.lists(lengths, min_size=4, max_size=4),
)
def test_every_server_s_wait_is_bounded(before, already_taken, own, greed):
    """Before its next clip each other server gets less than a quantum a round and one clip.

    However many people they have, who all ask for more; and so does one who is on all of them.
    """
    ids = itertools.count(1)
    queue = queue_of(*(on(next(ids), guild, user, seconds) for guild, user, seconds in before))
    for _ in range(min(already_taken, len(before))):
        queue.take({}, most_per_user=1)
    queue.push(on(0, 99, user_id=99, seconds=own))
    by_server: Counter[int] = Counter()
    everywhere = 0.0
    while True:
        for guild, seconds in enumerate(greed):  # nobody's line ever ends
            queue.push(on(next(ids), guild, seconds=seconds))
            queue.push(on(next(ids), guild, user_id=50, seconds=seconds))
        each = queue.take({}, most_per_user=1)
        assert each is not None
        if each.job_id == 0:
            break
        by_server[each.guild_id] += each.seconds
        everywhere += each.seconds if each.user_id == 50 else 0.0
        assert by_server[each.guild_id] < promised_seconds(own, LONGEST_SECONDS)
        assert everywhere < promised_seconds(own, LONGEST_SECONDS) + LONGEST_SECONDS
