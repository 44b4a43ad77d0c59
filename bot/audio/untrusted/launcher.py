"""Run a program isolated: `python -I -S launcher.py TERMS PROGRAM ARGUMENTS ...`.

A script of its own, that imports as little as can be: it stands between the bot, which has threads
and must not fork, and ffmpeg. TERMS are pairs like `cpu_seconds=10`, with a comma between them:
the four limits, `parent`, the process without which this one has no reason to be, and the walls
to raise: `network`, which hides all other processes too, and `files`, both 1 or 0.

How it ended is the last line on the standard error, for the bot to read:
`jail: code=0 signal=0 cpu_seconds=0.05 peak_kb=12345`.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys

CANT_RUN, NOT_FOUND = 126, 127

_MOST_FILES = 64
_NICENESS = 10

_NEW_USER, _NEW_IPC, _NEW_PID, _NEW_NET = 0x1000_0000, 0x0800_0000, 0x2000_0000, 0x4000_0000
_DIE_WITH_PARENT, _NO_NEW_PRIVILEGES = 1, 38
_PROCESSES_COUNTED_BY_NAMESPACE = (5, 14)

# Landlock, which every kernel numbers alike.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE, _READ, _READ_FOLDER = 1, 2, 4, 8
_FILE_RIGHTS = (0, 13, 14, 15, 15, 16)
"""How many rights each version knows, from the lowest bit on; later ones know no more."""
_NETWORK_SINCE, _CONNECT_AND_BIND = 4, 3
_SCOPES_SINCE, _SOCKETS_AND_SIGNALS = 6, 3

_LIBRARIES = (
    "/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib",
    "/nix/store", "/gnu/store",
)  # fmt: skip
_FILES = {
    "/etc/ld.so.cache": _READ,
    "/etc/ld.so.preload": _READ,
    "/dev/urandom": _READ,
    "/dev/null": _READ | _WRITE,
}

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Run the program in a process of its own and tell how it ended."""
    terms = dict(pair.split("=") for pair in sys.argv[1].split(","))
    program = sys.argv[2:]
    try:
        if terms["network"] == "1":
            _checked(_libc.unshare(_NEW_USER | _NEW_IPC | _NEW_PID | _NEW_NET))
        # After the line above, which would undo it.
        _prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    except (OSError, AttributeError):
        sys.exit(CANT_RUN)
    if os.getppid() != int(terms["parent"]):
        sys.exit(CANT_RUN)
    child = os.fork()
    if child == 0:
        _become(program, terms)
    _, status, used = os.wait4(child, 0)
    killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0
    cpu_seconds = used.ru_utime + used.ru_stime
    sys.stderr.write(
        f"\njail: code={code} signal={killed} cpu_seconds={cpu_seconds:.2f}"
        f" peak_kb={used.ru_maxrss}\n"
    )


def _become(program: list[str], terms: dict[str, str]) -> None:
    """Go behind the walls, accept the limits and become the program."""
    try:
        _prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        _prctl(_NO_NEW_PRIVILEGES, 1)
        if terms["files"] == "1":
            _see_only(program[0])
        _limit(terms)
        os.nice(_NICENESS)
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


def _see_only(program: str) -> None:
    """Leave to this process what a program needs in order to start, and the folder it is in."""
    version = _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)
    _checked(version)
    rights = 2 ** _FILE_RIGHTS[min(version, len(_FILE_RIGHTS) - 1)] - 1
    network = _CONNECT_AND_BIND if version >= _NETWORK_SINCE else 0
    scopes = _SOCKETS_AND_SIGNALS if version >= _SCOPES_SINCE else 0
    handled = struct.pack("=QQQ", rights, network, scopes)
    ruleset = _libc.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    _checked(ruleset)
    real = os.path.realpath(program)
    libraries = [*_LIBRARIES, os.path.join(os.path.dirname(os.path.dirname(real)), "lib")]
    for path in libraries:
        _allow(ruleset, path, _READ | _READ_FOLDER | _EXECUTE)
    for path, allowed in {**_FILES, real: _READ | _EXECUTE, "sound": _READ}.items():
        _allow(ruleset, path, allowed)
    _checked(_libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no leave
    rule = struct.pack("=Qi", rights, place)
    _checked(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
    os.close(place)


def _prctl(option: int, value: int) -> None:
    # Linux alone has it; elsewhere these locks are not to be had.
    if hasattr(_libc, "prctl"):
        _checked(_libc.prctl(option, value, 0, 0, 0))


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])


def _checked(answer: int) -> None:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main()
