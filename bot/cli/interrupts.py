"""Ctrl-C, kept away from the libraries.

MindSpore puts handlers of its own in place of Python's whenever it compiles or hands out work:
they can lock the process up. And a KeyboardInterrupt that is raised inside MindSpore can get lost
there. So no thread takes the signal but one of ours, and while the engine runs it is only
remembered, to be looked up between two steps.
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

# Nothing else uses it, and by itself it does nothing.
_NUDGE = signal.SIGURG


class Interrupts:
    """Whether a person, or a service manager, has asked the program to stop."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._deferred = False

    def guard(self) -> None:
        """Look after this process's signals from now on; a second Ctrl-C ends it at once.

        Call it in the main thread before anything is imported that starts threads of its own:
        which signals they may take they inherit.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        signal.signal(signal.SIGTERM, self._terminate)
        signal.signal(_NUDGE, lambda number, frame: None)
        threading.Thread(target=self._watch, name="ctrl-c", daemon=True).start()

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Raise nothing by itself within the block, which calls `check` from time to time."""
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
        """Return the exit code of a program that was asked to stop."""
        return 128 + (self._number or signal.SIGINT)

    def leave(self) -> NoReturn:
        """End the process after it was asked to stop and all that is ours is put away.

        Libraries that were stopped in the middle of loading crash in Python's own way out.
        """
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(self.exit_code)

    def _watch(self) -> None:
        self._number = signal.sigwait({signal.SIGINT})
        if not self._deferred:
            _thread.interrupt_main()
            # A call that waits, such as for a network, comes back for a real signal only.
            signal.pthread_kill(threading.main_thread().ident or 0, _NUDGE)
        signal.sigwait({signal.SIGINT})
        os._exit(self.exit_code)

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        self._number = number
        if not self._deferred:
            raise KeyboardInterrupt
