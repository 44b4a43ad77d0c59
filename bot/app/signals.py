"""SIGINT and SIGTERM: the first asks the process to stop, the second ends it at once."""

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
    """Lend what is set by the first signal to end; a second one ends the process at once.

    Within the block everything is to be put away. The loop, when it is closed, and Python, when it
    ends, would give the signals back to the system: one that came late would end the process as if
    it had been killed.
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
