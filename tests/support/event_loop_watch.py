"""Detects callbacks that block the event loop for too long.

It counts the processor time of our own instructions rather than elapsed time, so that a busy
machine does not matter, and not that of the system, which depends on others' use of memory.
Garbage collection is left out, as it depends on the objects of earlier tests.
"""

from __future__ import annotations

import asyncio
import gc
import resource
from contextlib import contextmanager

MOST_SECONDS = 0.1


def own_seconds():
    """Return the user processor time of this thread."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_utime


class _Collecting:
    """The processor time of garbage collection."""

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
    """Return a list of blocking callbacks, which is filled during the block."""
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
