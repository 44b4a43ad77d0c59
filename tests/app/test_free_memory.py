"""Free memory is returned to the system."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref

import psutil
import pytest

from bot.app.free_memory import freeze_startup_objects, limit_arenas, trim, trimming_memory

MB = 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries have no way to be asked")
def test_free_memory_is_returned_to_the_system():
    """Also free blocks between used ones."""
    limit_arenas()
    taken = [b"x" * 100_000 for _ in range(640)]
    used = taken[::8]
    del taken
    kept = psutil.Process().memory_info().rss
    trim()
    given = kept - psutil.Process().memory_info().rss
    assert len(used) == 80
    assert given > 30 * MB


def test_later_garbage_collections_skip_startup_objects():
    """Scanning them each minute would delay the event loop."""
    freeze_startup_objects()
    assert gc.get_freeze_count() > 20 * len(gc.get_objects())


async def test_reference_cycles_are_freed_when_idle():
    """Python alone collects them only after many allocations, which may take hours."""

    class Sound:
        """An object as live music leaves it."""

        itself: object = None

    freeze_startup_objects()
    sound = Sound()
    sound.itself = sound
    left = weakref.ref(sound)
    gc.disable()
    try:
        del sound
        assert left() is not None
        async with trimming_memory(every_seconds=0.001), asyncio.timeout(60):
            while left() is not None:
                await asyncio.sleep(0.001)
    finally:
        gc.enable()
