"""Sees what keeps the event loop to itself for too long.

Counted in time of the processor and not of the clock, so that a busy machine does not matter.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager

MOST_SECONDS = 0.1


@contextmanager
def watched():
    """Lend the list of what took too long, which fills while the block lasts."""
    found: list[str] = []
    run = asyncio.Handle._run

    def timed(handle):
        begun = time.thread_time()
        run(handle)
        seconds = time.thread_time() - begun
        if seconds > MOST_SECONDS:
            found.append(f"{seconds:.3f} s: {handle!r}")

    asyncio.Handle._run = timed  # type: ignore[method-assign]
    try:
        yield found
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]
