"""The short form of the soak: half a minute of everything that can go wrong, and the books."""

from __future__ import annotations

from tests.soak import soak


async def test_a_hard_half_minute_loses_nothing(tmp_path):
    """Kills, full disks, broken connections and refusals: one clip or one sentence for each order.

    `python -m tests.soak --minutes 30` is the long form.
    """
    tally, rows, wrong = await soak(0.5, 7, 20, tmp_path, pause_seconds=10.0)
    assert wrong == []
    assert rows["orders accepted"] > 0
    assert rows["lost"] == rows["delivered twice"] == 0
    assert tally.plagues.total() >= 5
