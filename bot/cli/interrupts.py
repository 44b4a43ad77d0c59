"""Handling of Ctrl-C that is safe with MindSpore.

MindSpore replaces Python's signal handlers whenever it compiles or starts work; its own can
deadlock the process, and a KeyboardInterrupt raised inside MindSpore can get lost. So only a thread
of ours receives the signal, and while the engine runs it is only recorded, to be checked between
two steps.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

# A signal that nothing else uses, and whose handler does nothing.
_NUDGE = signal.SIGURG


class Interrupts:
    """Whether a person or a service manager has asked the program to stop."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._deferred = False

    def guard(self) -> None:
        """Handle this process's signals from now on; a second Ctrl-C ends it at once.

        Call it in the main thread before importing anything that starts threads, since threads
        inherit their signal mask.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        signal.signal(signal.SIGTERM, self._terminate)
        signal.signal(_NUDGE, lambda number, frame: None)
        threading.Thread(target=self._watch, name="ctrl-c", daemon=True).start()

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Defer interrupts within the block, which calls `check` from time to time."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False

    @property
    def asked(self) -> bool:
        """Return whether the program was asked to stop."""
        return self._number is not None

    def check(self) -> None:
        """Raise KeyboardInterrupt if the program was asked to stop."""
        if self.asked:
            raise KeyboardInterrupt

    @property
    def exit_code(self) -> int:
        """Return the exit code of an interrupted program."""
        return 128 + (self._number or signal.SIGINT)

    def leave(self) -> NoReturn:
        """End the process after an interrupt, once our own cleanup is done.

        Python's normal exit crashes in libraries that were interrupted while loading.
        """
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(self.exit_code)

    def _watch(self) -> None:
        self._number = signal.sigwait({signal.SIGINT})
        if not self._deferred:
            _thread.interrupt_main()
            # Only a real signal interrupts a blocking system call, such as a network read.
            signal.pthread_kill(threading.main_thread().ident or 0, _NUDGE)
        signal.sigwait({signal.SIGINT})
        os._exit(self.exit_code)

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        self._number = number
        if not self._deferred:
            raise KeyboardInterrupt
