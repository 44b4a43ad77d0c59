"""Signal the event loop from the player thread, even if the loop is closed."""

from __future__ import annotations

import asyncio


def set_from_thread(loop: asyncio.AbstractEventLoop, *events: asyncio.Event) -> None:
    """Set asyncio events of a loop from another thread.

    The player thread ends a moment after it is told to; if its loop is closed by then, the events
    are ignored.
    """
    try:
        loop.call_soon_threadsafe(_set, events)
    except RuntimeError:
        if not loop.is_closed():
            raise


def _set(events: tuple[asyncio.Event, ...]) -> None:
    for event in events:
        event.set()
