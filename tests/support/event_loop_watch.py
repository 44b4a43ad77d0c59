"""Sees what keeps the event loop to itself for too long.

Counted in time of the processor that went into our own instructions, and not by the clock, so that
a busy machine does not matter: the system's share grows with what others do to the memory. And
without the garbage collection, which walks through all that the tests before have left.
"""

from __future__ import annotations

import asyncio
import gc
import resource
from contextlib import contextmanager

MOST_SECONDS = 0.1


def own_seconds():
    """The time of the processor that went into this thread's own instructions."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_utime


class _Collecting:
    """The time of the processor that went into garbage collection."""

    def __init__(self):
        self.seconds = 0.0
        self._begun = 0.0

    def __call__(self, phase, info):
        if phase == "start":
            self._begun = own_seconds()
        else:
            self.seconds += own_seconds() - self._begun


@contextmanager
def watched():
    """Lend the list of what took too long, which fills while the block lasts."""
    found: list[str] = []
    run, collecting = asyncio.Handle._run, _Collecting()

    def timed(handle):
        begun, collected = own_seconds(), collecting.seconds
        run(handle)
        seconds = own_seconds() - begun - (collecting.seconds - collected)
        if seconds > MOST_SECONDS:
            found.append(f"{seconds:.3f} s: {handle!r}")

    gc.callbacks.append(collecting)
    asyncio.Handle._run = timed  # type: ignore[method-assign]
    try:
        yield found
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]
        gc.callbacks.remove(collecting)
