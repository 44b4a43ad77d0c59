"""What the thread that plays tells the event loop, be that closed already or not."""

from __future__ import annotations

import asyncio


def set_from_thread(loop: asyncio.AbstractEventLoop, *events: asyncio.Event) -> None:
    """Set events of a loop from another thread.

    The thread that plays ends a moment after it is told to: where its loop is closed by then,
    nobody waits for them.
    """
    try:
        loop.call_soon_threadsafe(_set, events)
    except RuntimeError:
        if not loop.is_closed():
            raise


def _set(events: tuple[asyncio.Event, ...]) -> None:
    for event in events:
        event.set()
