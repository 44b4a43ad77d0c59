"""Wait for a program with all its descendants, where creating processes can't be prevented."""

from __future__ import annotations

import os
import resource
import signal
from contextlib import suppress

HEARD = {signal.SIGCHLD, signal.SIGTERM}
"""The signals that `wait_for_all` waits for; block them before the program is started."""

_LOOK_SECONDS = 0.1
_KILL_AGAIN_SECONDS = 0.01

Ended = tuple[int, resource.struct_rusage]


def wait_for_all(child: int, *, most_processes: int, most_bytes: int) -> Ended:
    """Wait for a child to end, then kill all its descendants, in whatever session.

    Kills all when limits are exceeded, or when this process is told to end. This process must be a
    subreaper. Returns how the child ended and what it used.
    """
    ended = None
    while ended is None:
        heard = signal.sigtimedwait(HEARD, _LOOK_SECONDS)
        ended, _ = _reap(child)
        running = _descendants()
        if len(running) > most_processes or _resident_bytes(running) > most_bytes:
            break
        if heard is not None and heard.si_signo == signal.SIGTERM:
            break
    nobody_left = False
    while not nobody_left:
        for process in _descendants():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        signal.sigtimedwait({signal.SIGCHLD}, _KILL_AGAIN_SECONDS)
        just_ended, nobody_left = _reap(child)
        ended = ended or just_ended
    assert ended is not None
    return ended


def _reap(child: int) -> tuple[Ended | None, bool]:
    """Let go of all that has ended; return how the child did, and whether nobody is left."""
    ended = None
    try:
        while (done := os.wait4(-1, os.WNOHANG))[0]:
            if done[0] == child:
                ended = done[1:]
    except ChildProcessError:
        return ended, True
    return ended, False


def _descendants() -> set[int]:
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError, IndexError):  # it may end meanwhile
            # The name of a program, in brackets, may hold anything.
            with open(f"/proc/{name}/stat", "rb") as file:
                parent = int(file.read().rpartition(b")")[2].split()[1])
            children.setdefault(parent, []).append(int(name))
    found: set[int] = set()
    new = children.get(os.getpid(), [])
    while new:
        found.update(new)
        new = [each for process in new for each in children.get(process, [])]
    return found


def _resident_bytes(processes: set[int]) -> int:
    pages = 0
    for process in processes:
        with suppress(OSError, IndexError), open(f"/proc/{process}/statm", "rb") as file:
            pages += int(file.read().split()[1])
    return pages * resource.getpagesize()
