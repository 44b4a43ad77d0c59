"""The short form of the soak: every fault once, and the audit."""

from __future__ import annotations

import logging

import pytest

from bot.inference.fair_queue import QueuedJob
from tests.soak.faults import FAULTS
from tests.soak.queue_watch import LoggedQueue, promised_seconds, waits
from tests.soak.run import soak
from tests.soak.tally import Sample, quarters, slope_mb_per_hour


async def test_a_soak_run_loses_nothing(tmp_path):
    """Each order ends with one clip or one sentence, despite all faults.

    `python -m tests.soak --minutes 30` is the long form.
    """
    done = await soak(0, 7, 20, tmp_path, pause_seconds=8.0, between_seconds=(0.5, 2.0))
    assert done.wrong == []
    assert done.rows["orders accepted"] > 0
    assert done.rows["lost"] == done.rows["delivered twice"] == 0
    assert done.line.taken > 0
    assert set(done.tally.faults) == set(FAULTS)
    assert any(action.startswith("pressed") for action in done.tally.actions)


def clip(job_id, user_id, seconds=10.0, *, alone=False):
    return QueuedJob(job_id=job_id, user_id=user_id, seconds=seconds, alone=alone)


def log_lines(caplog):
    """Return the queue's log lines, as they are in the bot's log."""
    return [f"{each.created:.3f} {each.levelname} {each.getMessage()}" for each in caplog.records]


def test_queue_logs_allow_judging_fairness(caplog):
    """Interrupted clips and those generated alone are left out; reading the order logs nothing."""
    caplog.set_level(logging.INFO, logger="tests.soak.queue_watch")
    line = LoggedQueue()
    for job in (clip(1, 1), clip(2, 1), clip(3, 2), clip(4, 3, alone=True)):
        line.push(job)
    line.order()
    line.push_front(clip(5, 2, 60.0))
    assert line.remove(2)
    while (job := line.take({3: 2}, most_per_user=2)) is not None:
        assert job.job_id != 2
    found = waits(log_lines(caplog))
    assert found.taken == 2
    assert found.broken == []
    assert found.given_seconds == 10.0
    assert found.promised_seconds == promised_seconds(10.0, 60.0) == 70.0


@pytest.mark.parametrize(("held_back", "is_broken"), [("", True), ("2", False)])
def test_an_unfair_queue_is_detected(held_back, is_broken):
    """First come, first served is unfair, unless a person has enough clips running."""
    lines = ["1.0 INFO line.opened"]
    lines += [f"1.0 INFO line.put job={n} user=1 seconds=10.0 held_back=[]" for n in range(9)]
    lines += ["2.0 INFO line.put job=9 user=2 seconds=10.0 held_back=[]"]
    lines += [
        f"{3 + n}.0 INFO line.taken job={n} user=1 seconds=10.0 held_back=[{held_back}]"
        for n in range(9)
    ]
    lines += ["99.0 INFO line.taken job=9 user=2 seconds=10.0 held_back=[]"]
    found = waits(lines)
    assert bool(found.broken) is is_broken
    assert found.longest_seconds == 97.0


def test_memory_growth_is_measured_per_process():
    """Restarts do not hide growth; the first minute of each run is left out."""
    lives = [
        Sample(life, 1000.0 * life + at, 100.0 * life + max(at, 60.0) / 36)
        for life in range(3)
        for at in range(0, 300, 10)
    ]
    assert slope_mb_per_hour(lives) == pytest.approx(100.0)
    assert slope_mb_per_hour(lives[:7]) is None
    assert quarters([Sample(1, float(at), float(at)) for at in range(101)]) == [0, 25, 50, 75, 100]
