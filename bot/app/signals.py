"""SIGINT and SIGTERM: the first requests a stop, the second exits at once."""

from __future__ import annotations

import asyncio
import atexit
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping() -> Iterator[asyncio.Event]:
    """Lend an event that the first signal sets; a second signal exits at once.

    Close everything within the block. asyncio's loop, when closed, and Python, when exiting,
    restore the default handlers: a late signal would then end the process as if killed.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for number in _ENDING:
        loop.add_signal_handler(number, _stop_or_leave, stop)
    try:
        yield stop
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)
            signal.signal(number, _leave)
            atexit.register(signal.signal, number, signal.SIG_IGN)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(1)


def _stop_or_leave(stop: asyncio.Event) -> None:
    if stop.is_set():
        os._exit(1)
    stop.set()
