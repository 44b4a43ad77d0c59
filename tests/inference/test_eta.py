"""Estimates of waiting times: none before the first observation, and close afterwards."""

from __future__ import annotations

import pytest

from bot.inference.eta import EtaEstimator


def learnt_from(*observations):
    eta = EtaEstimator()
    for at_once, work_seconds, sound_seconds in observations:
        eta.learn(at_once=at_once, work_seconds=work_seconds, sound_seconds=sound_seconds)
    return eta


def test_there_is_no_estimate_at_first():
    """No time is better than a wrong one."""
    eta = EtaEstimator()
    assert eta.running(left_seconds=10, at_once=1) is None
    assert eta.waiting(own_seconds=10, ahead_seconds=[], slots=8) is None


def test_the_estimate_scales_with_the_measured_pace():
    """One observation is enough to begin with."""
    eta = learnt_from((1, 20, 10))
    assert eta.running(left_seconds=5, at_once=1) == pytest.approx(10)
    assert eta.running(left_seconds=0, at_once=1) == 0


def test_paces_are_estimated_per_batch_size():
    """The pace of one job says less about eight at once than an observation of eight."""
    eta = learnt_from((1, 10, 10), (8, 40, 10))
    assert eta.running(left_seconds=10, at_once=1) == pytest.approx(10)
    assert eta.running(left_seconds=10, at_once=8) == pytest.approx(40)
    assert eta.running(left_seconds=10, at_once=7) == pytest.approx(40)


def test_the_estimate_adapts_slowly():
    """One odd observation moves the estimate a little, many of the same replace it."""
    eta = learnt_from((1, 10, 10), (1, 100, 10))
    once = eta.factor(1)
    assert once is not None
    assert 1 < once < 5
    for _ in range(30):
        eta.learn(at_once=1, work_seconds=100, sound_seconds=10)
    assert eta.factor(1) == pytest.approx(10, rel=0.01)


@pytest.mark.parametrize(("work_seconds", "sound_seconds"), [(1, 0), (0, 1), (1, -1), (0, 0)])
def test_invalid_observations_are_ignored(work_seconds, sound_seconds):
    """A clip that has no sound yet has no pace yet."""
    assert learnt_from((1, work_seconds, sound_seconds)).factor(1) is None


def test_waiting_jobs_count_those_ahead_by_slots():
    """Forty seconds of sound before one's own ten, four at once, at half of real time."""
    eta = learnt_from((4, 20, 10))
    assert eta.waiting(own_seconds=10, ahead_seconds=[10, 30], slots=4) == pytest.approx(40)
    assert eta.waiting(own_seconds=10, ahead_seconds=[], slots=4) == pytest.approx(20)
