"""Collects garbage while it is cheap, and gives free memory back to the system.

Objects that refer to each other are freed by Python's garbage collector alone, which looks at all
objects only after many new ones: until then a few of them can hold much, as the sound of live music
that has ended does. So it is asked to look each minute, at what is new since the start.

The C library keeps what is free for each thread of its own: a bot whose threads listen to a clip
now and then would take more with each. A fixed M_MMAP_THRESHOLD, by which large blocks are given
back as soon as they are free, would save 50 MB. It was decided against: listening to a clip then
takes 1.5 to 2 times the processor time, since the system hands out each array anew.

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
"""The threads share so many arenas; with one each, listening takes a fifth longer, too."""
_EVERY_SECONDS = 15.0
_COLLECTION_EVERY = 4
"""After so many of these pauses garbage is collected, too."""


def limit_arenas() -> None:
    """Let threads that begin from now on share what is free."""
    function = _c_library("mallopt")
    if function is not None:
        function(_ARENA_MAX, _ARENAS)


def freeze_startup_objects() -> None:
    """Leave all there is now out of later collections.

    A start makes half a million objects that stay; looking at them would take 0.2 s each time.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def trim() -> None:
    """Give back what is free now: some milliseconds."""
    function = _c_library("malloc_trim")
    if function is not None:
        function(0)


@asynccontextmanager
async def trimming_memory(every_seconds: float = _EVERY_SECONDS) -> AsyncIterator[None]:
    """Give memory back from time to time while the block lasts."""
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
    """Return a function of the C library, where it has that."""
    return getattr(ctypes.CDLL(None), name, None)
