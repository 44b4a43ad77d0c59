"""What was free is the system's again."""

from __future__ import annotations

import gc
import sys

import psutil
import pytest

from bot.app.free_memory import arrange_memory, set_start_aside, trim

MB = 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries have no way to be asked")
def test_memory_that_is_free_is_given_back():
    """Also what lies between what is still used."""
    arrange_memory()
    taken = [b"x" * 100_000 for _ in range(640)]
    used = taken[::8]
    del taken
    kept = psutil.Process().memory_info().rss
    trim()
    given = kept - psutil.Process().memory_info().rss
    assert len(used) == 80
    assert given > 30 * MB


def test_later_collections_look_at_what_is_new_alone():
    """What a start has made stays, and looking at it each minute would make the bot stutter."""
    set_start_aside()
    assert gc.get_freeze_count() > 20 * len(gc.get_objects())
