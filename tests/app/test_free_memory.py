"""What was free is the system's again."""

from __future__ import annotations

import sys

import psutil
import pytest

from bot.app.free_memory import arrange_memory, trim

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
