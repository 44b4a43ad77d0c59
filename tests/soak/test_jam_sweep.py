"""The short form of a jam during which the bot is killed."""

from __future__ import annotations

from tests.soak.jam_sweep import sweep


async def test_a_jam_survives_random_kills(tmp_path):
    """In the middle of turns; the card's buttons work afterwards.

    `python -m tests.soak.jam_sweep` is the long form.
    """
    done = await sweep(3, 3, 2, 7, tmp_path)
    assert done.wrong == []
    assert done.turns >= 3
    assert done.kills == 2
    assert done.rows["lost"] == done.rows["delivered twice"] == 0
