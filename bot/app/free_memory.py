"""Gives free memory back to the system.

The C library keeps what is free for each thread of its own, and once it has seen large blocks it
puts the next ones between small ones, where what they leave is in pieces: a bot whose threads
listen to clips would take more with each. Sources: mallopt(3), malloc_trim(3).
"""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_ARENA_MAX, _ARENAS = -8, 2
"""The threads share so many arenas; with one each, listening takes a fifth longer, too."""
_MMAP_THRESHOLD, _LARGE_BYTES = -3, 128 * 1024
"""Blocks of so many bytes lie outside of the arenas, and are given back when they are freed."""
_EVERY_SECONDS = 15.0


def arrange_memory() -> None:
    """Let threads that begin from now on share what is free, and keep large blocks apart."""
    function = _c_library("mallopt")
    if function is not None:
        function(_ARENA_MAX, _ARENAS)
        function(_MMAP_THRESHOLD, _LARGE_BYTES)


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
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        await asyncio.to_thread(trim)


def _c_library(name: str) -> ctypes._NamedFuncPointer | None:
    """Return a function of the C library, where it has that."""
    return getattr(ctypes.CDLL(None), name, None)
