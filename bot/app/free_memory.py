"""Collects garbage while it is cheap, and gives free memory back to the system.

Objects that refer to each other are freed by Python's garbage collector alone, which looks at all
objects only after many new ones: until then a few of them can hold much, as the sound of live music
that has ended does. So it is asked to look each minute, at what is new since the start.

The C library keeps what is free for each thread of its own, and once it has seen large blocks it
puts the next ones between small ones, and what they leave is in pieces: a bot whose threads listen
to clips would take more with each.

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
_MMAP_THRESHOLD, _LARGE_BYTES = -3, 128 * 1024
"""Blocks of so many bytes lie outside of the arenas, and are given back when they are freed."""
_EVERY_SECONDS = 15.0
_COLLECTION_EVERY = 4
"""After so many of these pauses garbage is collected, too."""


def arrange_memory() -> None:
    """Let threads that begin from now on share what is free, and keep large blocks apart."""
    function = _c_library("mallopt")
    if function is not None:
        function(_ARENA_MAX, _ARENAS)
        function(_MMAP_THRESHOLD, _LARGE_BYTES)


def set_start_aside() -> None:
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
async def giving_back_memory() -> AsyncIterator[None]:
    """Give memory back from time to time while the block lasts."""
    arrange_memory()
    giving = asyncio.create_task(_give_back(), name="free memory")
    try:
        yield
    finally:
        giving.cancel()
        await asyncio.gather(giving, return_exceptions=True)


async def _give_back() -> None:
    for number in itertools.count(1):
        await asyncio.sleep(_EVERY_SECONDS)
        if number % _COLLECTION_EVERY == 0:
            gc.collect()
        await asyncio.to_thread(trim)


def _c_library(name: str) -> ctypes._NamedFuncPointer | None:
    """Return a function of the C library, where it has that."""
    return getattr(ctypes.CDLL(None), name, None)
