"""Run a program in the sandbox: `main([TERMS, PROGRAM, ARGUMENT, ...])` in a process of its own.

It stands between the bot, which has threads and must not fork, and ffmpeg, and imports as little as
can be. TERMS are pairs like `cpu_seconds=10`, with a comma between them: the four limits, `parent`,
the process without which this one has no reason to be, and the layers of the sandbox. `network`,
which hides all other processes too, and `files` are 1 or 0; `calls` is a filter of system calls, as
the kernel takes it, in hexadecimal, or nothing.

A program behind that filter has no process but itself. Where there is none, all that the program
starts is watched.

How it ended is the last line on the standard error, for the bot to read:
`sandbox: code=0 signal=0 cpu_seconds=0.05 peak_kb=12345`.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys

from bot.audio.untrusted.landlock import check_call, see_only
from bot.audio.untrusted.process_watch import HEARD, wait_for_all

CANT_RUN, NOT_FOUND = 126, 127

_MOST_FILES = 64
_NICENESS = 10

_NEW_USER, _NEW_IPC, _NEW_PID, _NEW_NET = 0x1000_0000, 0x0800_0000, 0x2000_0000, 0x4000_0000
_DIE_WITH_PARENT, _FILTER_CALLS, _ADOPT_ORPHANS, _NO_NEW_PRIVILEGES = 1, 22, 36, 38
_CLASSIC_BPF, _INSTRUCTION_BYTES = 2, 8
_PROCESSES_COUNTED_BY_NAMESPACE = (5, 14)

_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> None:
    """Run the program in a process of its own and tell how it ended."""
    terms = dict(pair.split("=") for pair in arguments[0].split(","))
    program = arguments[1:]
    watched = not terms["calls"] and sys.platform == "linux"
    try:
        if terms["network"] == "1":
            check_call(_libc.unshare(_NEW_USER | _NEW_IPC | _NEW_PID | _NEW_NET))
        if watched:
            signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
            _prctl(_ADOPT_ORPHANS, 1)
        # After `unshare`, which would undo it. Who watches has something to do before it ends.
        _prctl(_DIE_WITH_PARENT, signal.SIGTERM if watched else signal.SIGKILL)
    except (OSError, AttributeError):
        sys.exit(CANT_RUN)
    if os.getppid() != int(terms["parent"]):
        sys.exit(CANT_RUN)
    child = os.fork()
    if child == 0:
        _become(program, terms)
    if watched:
        processes, memory_bytes = int(terms["processes"]), int(terms["memory_bytes"])
        status, used = wait_for_all(child, most_processes=processes, most_bytes=memory_bytes)
    else:
        _, status, used = os.wait4(child, 0)
    killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0
    cpu_seconds = used.ru_utime + used.ru_stime
    sys.stderr.write(
        f"\nsandbox: code={code} signal={killed} cpu_seconds={cpu_seconds:.2f}"
        f" peak_kb={used.ru_maxrss}\n"
    )


def _become(program: list[str], terms: dict[str, str]) -> None:
    """Enter the sandbox, accept the limits and become the program."""
    try:
        _prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        _prctl(_NO_NEW_PRIVILEGES, 1)
        if terms["files"] == "1":
            see_only(program[0], "sound")
        _limit(terms)
        os.nice(_NICENESS)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        if terms["calls"]:
            _filter_calls(bytes.fromhex(terms["calls"]))
        os.execv(program[0], program)  # noqa: S606 - our own arguments
    except FileNotFoundError:
        os._exit(NOT_FOUND)
    except BaseException:
        os._exit(CANT_RUN)


def _limit(terms: dict[str, str]) -> None:
    limits = {
        resource.RLIMIT_CPU: int(terms["cpu_seconds"]),
        resource.RLIMIT_AS: int(terms["memory_bytes"]),
        # Not one byte into any file: what is wanted goes through a pipe.
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: _MOST_FILES,
        resource.RLIMIT_CORE: 0,
    }
    # Elsewhere all that the same user runs counts, the bot itself to begin with.
    if terms["network"] == "1" and _kernel() >= _PROCESSES_COUNTED_BY_NAMESPACE:
        limits[resource.RLIMIT_NPROC] = int(terms["processes"])
    for kind, value in limits.items():
        _, most = resource.getrlimit(kind)
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (value, value))


def _filter_calls(program: bytes) -> None:
    """Allow this process only the system calls that a program of BPF allows. Raises OSError."""
    held = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // _INSTRUCTION_BYTES, ctypes.addressof(held))
    check_call(_libc.prctl(_FILTER_CALLS, _CLASSIC_BPF, described, 0, 0))


def _prctl(option: int, value: int) -> None:
    # Linux alone has it; elsewhere these locks are not to be had.
    if hasattr(_libc, "prctl"):
        check_call(_libc.prctl(option, value, 0, 0, 0))


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
