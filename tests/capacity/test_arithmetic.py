"""The formulas of the waiting time, on known cases."""

from __future__ import annotations

import pytest

from bot.capacity.arithmetic import single_file_wait_seconds, steady_of_people
from bot.capacity.pace import PACKING_CORE_SECONDS, Pace, beside_packing, pace_of


def test_the_single_server_wait_follows_the_queueing_formula():
    """At half load, equal clips wait half a clip's work; at full load the wait is infinite."""
    assert single_file_wait_seconds(0.05, 10.0, 100.0) == pytest.approx(5.0)
    # Exponentially distributed work waits twice as long as equal work.
    assert single_file_wait_seconds(0.05, 10.0, 200.0) == pytest.approx(10.0)
    with pytest.raises(ValueError, match=r"1\.00 times"):
        single_file_wait_seconds(0.1, 10.0, 100.0)


def test_one_person_never_waits():
    """A clip takes its work, and the next one is ordered after the pause."""
    alone = steady_of_people(1, pause_seconds=60, clip_seconds=10, rate=lambda _: 2.0, slots=8)
    assert alone.seconds == pytest.approx(5.0)
    assert alone.clips_per_second == pytest.approx(1 / 65)
    assert alone.busy == pytest.approx(5 / 65)


def test_under_overload_throughput_equals_capacity():
    """A worker that is never idle works at its full speed."""
    pace = Pace({1: 1.0, 8: 4.0})
    many = steady_of_people(2000, pause_seconds=60, clip_seconds=10, rate=pace.rate, slots=8)
    assert many.busy == pytest.approx(1.0)
    assert many.clips_per_second == pytest.approx(0.4)
    assert many.seconds == pytest.approx(2000 / 0.4 - 60)


def test_the_pace_is_interpolated_between_measurements():
    """With no clips it is 0; beyond the measurements it is extrapolated."""
    pace = pace_of([{"users": 8, "real_time_factor": 4.0}, {"users": 1, "real_time_factor": 1.0}])
    assert [pace.rate(each) for each in (0, 1, 8)] == [0.0, 1.0, pytest.approx(4.0)]
    step = 1 / 7  # eight clips take 2 s for a second of sound each, one takes 1 s
    assert pace.rate(3) == pytest.approx(3 / (1 + 2 * step))
    assert pace.rate(16) == pytest.approx(16 / (1 + 15 * step))
    assert Pace({1: 2.0}).rate(5) == 2.0


def test_the_bot_s_own_work_reduces_the_pace():
    """Ten seconds of sound take the worker's time and the bot's, on the same cores."""
    rate = beside_packing(Pace({1: 2.0}).rate, cores=2)
    assert 10 / rate(1) == pytest.approx(10 / 2.0 + PACKING_CORE_SECONDS / 2)
    assert rate(0) == 0.0
