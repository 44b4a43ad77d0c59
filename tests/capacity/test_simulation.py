"""The simulation: it agrees with theory, and its queue is fair."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest

from bot.capacity.arithmetic import single_file_wait_seconds, steady_of_people
from bot.capacity.pace import Pace
from bot.capacity.simulation import ClipRequest, Workers, percentile, serve, serve_people

PACE = Pace({1: 1.3, 8: 3.5})


def mean(values):
    values = list(values)
    return sum(values) / len(values)


@pytest.mark.parametrize("load", [0.3, 0.7])
def test_the_single_server_wait_follows_pollaczek_khinchine(load):
    """Random arrivals, clips from 2 to 10 s: within a twentieth."""
    chance = random.Random(20)
    per_second = load / 6.0
    at = 0.0
    asks = []
    for user_id in range(20_000):
        at += chance.expovariate(per_second)
        asks.append(ClipRequest(at, user_id, chance.uniform(2, 10)))
    made = serve(Workers(lambda _: 1.0, slots=1), asks)
    expected = single_file_wait_seconds(per_second, 6.0, 8**2 / 12 + 6**2)
    assert mean(each.waited_seconds for each in made) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("people", [1, 20, 40, 200])
def test_the_closed_queue_wait_matches_the_formula(people):
    """From low load to overload, eight at once: within a twentieth."""
    chance = random.Random(people)
    lengths = (chance.expovariate(1 / 4) for _ in itertools.count())
    made = serve_people(
        Workers(PACE.rate, slots=8), people, lengths, pause_seconds=60, clips=4000, seed=people
    )
    expected = steady_of_people(
        people, pause_seconds=60, clip_seconds=4, rate=PACE.rate, slots=8
    ).seconds
    assert mean(each.took_seconds for each in made) == pytest.approx(expected, rel=0.05)


def test_a_heavy_user_gets_a_fair_share():
    """While two people always order, each gets half the sound, in long or short clips."""
    asks = [ClipRequest(0.0, 1, 60.0) for _ in range(30)] + [
        ClipRequest(0.0, 2, 10.0) for _ in range(180)
    ]
    made = serve(Workers(lambda _: 1.0, slots=1, most_per_user=1), asks)
    got = Counter[int]()
    for each in made:
        got[each.ask.user_id] += round(each.ask.seconds)
        assert abs(got[1] - got[2]) <= 70  # a quantum and the longest clip
    assert got == {1: 1800, 2: 1800}


def test_a_new_user_waits_for_one_clip_of_another_user_only():
    """With forty clips of one person queued, another's comes after the current one."""
    asks = [ClipRequest(0.0, 1, 10.0) for _ in range(40)] + [ClipRequest(15.0, 2, 10.0)]
    made = serve(Workers(lambda _: 1.0, slots=1), asks)
    (newcomer,) = (each for each in made if each.ask.user_id == 2)
    assert newcomer.begun == pytest.approx(20.0)


def test_a_small_server_is_served_as_much_as_a_large_one():
    """One person on a server gets as much as twenty on another together."""
    asks = [ClipRequest(0.0, user_id, 10.0, guild_id=1) for user_id in range(20) for _ in range(4)]
    asks += [ClipRequest(0.0, 99, 10.0, guild_id=2) for _ in range(20)]
    made = serve(Workers(lambda _: 1.0, slots=1), asks)
    first = Counter(each.ask.guild_id for each in made[:40])
    assert abs(first[1] - first[2]) <= 2  # the very first clip had no competition
    assert len({each.ask.user_id for each in made[:40]}) == 21  # and each person is served


def test_clips_that_are_made_together_share_the_pace():
    """A second clip slows down the first, and finishes after it."""
    made = serve(
        Workers(lambda at_once: {1: 1.0, 2: 1.5}[at_once], slots=2),
        [ClipRequest(0.0, 1, 6.0), ClipRequest(3.0, 2, 6.0)],
    )
    assert [each.ready for each in made] == [pytest.approx(7.0), pytest.approx(10.0)]
    assert [each.waited_seconds for each in made] == [0.0, 0.0]


def test_two_machines_share_the_load():
    """The less loaded one gets the next clip."""
    workers = Workers(lambda _: 1.0, slots=1, workers=2)
    made = serve(workers, [ClipRequest(0.0, user_id, 10.0) for user_id in range(4)])
    assert [each.ready for each in made] == [pytest.approx(at) for at in (10, 10, 20, 20)]


def test_a_percentile_is_one_of_the_values():
    """The smallest one that this share of the values does not exceed."""
    assert [percentile([4, 1, 3, 2], share) for share in (0.0, 0.5, 0.95)] == [1, 2, 4]
