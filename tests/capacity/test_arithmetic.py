"""The arithmetic of waiting, against cases that are known."""

from __future__ import annotations

import pytest

from bot.capacity.arithmetic import single_file_wait_seconds, steady_of_people
from bot.capacity.pace import PACKING_CORE_SECONDS, Pace, beside_packing, pace_of


def test_the_single_server_wait_follows_the_queueing_formula():
    """Equal clips at half load wait half a clip's work; as much as can be made waits for ever."""
    assert single_file_wait_seconds(0.05, 10.0, 100.0) == pytest.approx(5.0)
    # Exponential work waits twice as long as equal work.
    assert single_file_wait_seconds(0.05, 10.0, 200.0) == pytest.approx(10.0)
    with pytest.raises(ValueError, match=r"1\.00 times"):
        single_file_wait_seconds(0.1, 10.0, 100.0)


def test_one_person_never_waits():
    """The clip takes its work, and between two of them there is that and the pause."""
    alone = steady_of_people(1, pause_seconds=60, clip_seconds=10, rate=lambda _: 2.0, slots=8)
    assert alone.seconds == pytest.approx(5.0)
    assert alone.clips_per_second == pytest.approx(1 / 65)
    assert alone.busy == pytest.approx(5 / 65)


def test_under_overload_throughput_equals_capacity():
    """A worker that is never idle makes its pace, whoever asks."""
    pace = Pace({1: 1.0, 8: 4.0})
    many = steady_of_people(2000, pause_seconds=60, clip_seconds=10, rate=pace.rate, slots=8)
    assert many.busy == pytest.approx(1.0)
    assert many.clips_per_second == pytest.approx(0.4)
    assert many.seconds == pytest.approx(2000 / 0.4 - 60)


def test_the_pace_is_interpolated_between_measurements():
    """With none there is no sound; beyond what was measured it goes on as before."""
    pace = pace_of([{"users": 8, "real_time_factor": 4.0}, {"users": 1, "real_time_factor": 1.0}])
    assert [pace.rate(each) for each in (0, 1, 8)] == [0.0, 1.0, pytest.approx(4.0)]
    step = 1 / 7  # eight take 2 s for a second of sound each, one 1 s
    assert pace.rate(3) == pytest.approx(3 / (1 + 2 * step))
    assert pace.rate(16) == pytest.approx(16 / (1 + 15 * step))
    assert Pace({1: 2.0}).rate(5) == 2.0


def test_the_bot_s_own_work_reduces_the_pace():
    """Ten seconds of sound take the worker's time and that, shared by the cores."""
    rate = beside_packing(Pace({1: 2.0}).rate, cores=2)
    assert 10 / rate(1) == pytest.approx(10 / 2.0 + PACKING_CORE_SECONDS / 2)
    assert rate(0) == 0.0
