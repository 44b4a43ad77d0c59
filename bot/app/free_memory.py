"""Collect garbage cheaply, and return free memory to the system.

Reference cycles are freed only by Python's garbage collector, whose full collection runs rarely:
meanwhile a few cycles can hold much, such as the sound of ended live music. So once a minute a
collection runs over everything newer than the startup.

The C library keeps free memory in an arena per thread, so every thread that analyzes a clip would
cost more memory; hence the limit of arenas. A fixed M_MMAP_THRESHOLD, which returns large blocks at
once, would save 50 MB. It was rejected: analyzing a clip would take 1.5 to 2 times the processor
time, since each array would be mapped anew.

Sources: mallopt(3), malloc_trim(3), Python's documentation of `gc.freeze`.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_ARENA_MAX, _ARENAS = -8, 2
"""mallopt's M_ARENA_MAX and the number of arenas; one for each thread is slower, too."""
_EVERY_SECONDS = 15.0
_COLLECTION_EVERY = 4
"""A collection runs at every this many trims."""


def limit_arenas() -> None:
    """Make threads that start from now on share a few arenas."""
    function = _c_library("mallopt")
    if function is not None:
        function(_ARENA_MAX, _ARENAS)


def freeze_startup_objects() -> None:
    """Exclude all existing objects from later collections.

    Startup makes half a million permanent objects; scanning them takes 0.2 s each time.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def trim() -> None:
    """Return free memory to the system; takes a few milliseconds."""
    function = _c_library("malloc_trim")
    if function is not None:
        function(0)


@asynccontextmanager
async def trimming_memory(every_seconds: float = _EVERY_SECONDS) -> AsyncIterator[None]:
    """Return memory to the system regularly while the block runs."""
    limit_arenas()
    giving = asyncio.create_task(_give_back(every_seconds), name="free memory")
    try:
        yield
    finally:
        giving.cancel()
        await asyncio.gather(giving, return_exceptions=True)


async def _give_back(every_seconds: float) -> None:
    for number in itertools.count(1):
        await asyncio.sleep(every_seconds)
        if number % _COLLECTION_EVERY == 0:
            gc.collect()
        await asyncio.to_thread(trim)


def _c_library(name: str) -> ctypes._NamedFuncPointer | None:
    """Return a function of the C library, if it has that."""
    return getattr(ctypes.CDLL(None), name, None)
