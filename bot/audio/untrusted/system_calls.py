"""A seccomp filter with the system calls that decoding needs.

A whitelist; all other calls fail as unknown: no sockets, no new processes or signals to others, no
files opened for writing, and no rarely used kernel interfaces (io_uring, bpf, keys, namespaces,
tracing, shared memory). Libraries treat missing calls as those of an older kernel.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

# Numbers on x86_64, and on aarch64 where it has the call. They never change; from Linux's
# arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
_ALLOWED: dict[str, tuple[int, int | None]] = {
    # Bytes in and out of what is open.
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66),
    "pread64": (17, 67), "lseek": (8, 62), "close": (3, 57), "close_range": (436, 436),
    "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    # To look at files.
    "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439),
    "stat": (4, None), "lstat": (6, None), "fstat": (5, 80), "newfstatat": (262, 79),
    "statx": (332, 291), "statfs": (137, 43), "fstatfs": (138, 44), "getcwd": (79, 17),
    "readlink": (89, None), "readlinkat": (267, 78), "getdents64": (217, 61),
    "fadvise64": (221, 223), "readahead": (187, 213),
    # Memory of its own.
    "mmap": (9, 222), "munmap": (11, 215), "mremap": (25, 216), "mprotect": (10, 226),
    "madvise": (28, 233), "brk": (12, 214),
    # Threads of its own; `clone` is below.
    "futex": (202, 98), "set_robust_list": (273, 99), "rseq": (334, 293), "membarrier": (324, 283),
    "set_tid_address": (218, 96), "arch_prctl": (158, None), "gettid": (186, 178),
    "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
    "exit": (60, 93), "exit_group": (231, 94),
    # Signals that come to it.
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132), "restart_syscall": (219, 128),
    # The time, and what it is told about itself and the machine.
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "gettimeofday": (96, 169),
    "time": (201, None), "nanosleep": (35, 101), "clock_nanosleep": (230, 115),
    "getrusage": (98, 165), "times": (100, 153), "getrandom": (318, 278),
    "getpid": (39, 172), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "getrlimit": (97, 163), "uname": (63, 160),
    "sysinfo": (99, 179),
    # To become the program; what is in the sandbox can be no other than what may be run there.
    "execve": (59, 221),
}  # fmt: skip
_OPEN, _OPENAT = (2, None), (257, 56)
_CLONE, _FCNTL, _PRLIMIT = (56, 220), (72, 25), (302, 261)

_WRITING = 0o3 | 0o100 | 0o1000 | 0o20000000
"""Of the flags of `open`: any access but to read, to create, to truncate, a nameless file."""
_THREAD = 0x0001_0000
_NAMESPACES = 0x0002_0000 | 0x0200_0000 | 0x7C00_0000
_LAST_OF_OWN_FLAGS, _DUPLICATE = 4, 1030
"""Of the commands of `fcntl`: others send signals, and lock and enlarge what is open."""

_LOAD, _JUMP, _EQUAL, _GREATER, _ANY = 0x20, 0x05, 0x15, 0x25, 0x45
_AND, _RETURN = 0x54, 0x06
_KILL, _REFUSE, _ALLOW = 0x8000_0000, 0x0005_0000 | 38, 0x7FFF_0000
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16


@dataclass(frozen=True, slots=True)
class _Machine:
    audit: int
    column: int


_MACHINES = {"x86_64": _Machine(0xC000_003E, 0), "aarch64": _Machine(0xC000_00B7, 1)}

_Instruction = tuple[int, int, int, int]


def system_call_filter(machine: str) -> bytes | None:
    """Return the filter for a kind of processor, as `uname -m` calls it; None for an unknown one.

    A program of classic BPF: 8 bytes an instruction, on a little-endian machine.
    """
    known = _MACHINES.get(machine)
    if known is None:
        return None
    return b"".join(struct.pack("<HBBI", *each) for each in _program(known))


def _program(machine: _Machine) -> Iterator[_Instruction]:
    # A program of another kind of processor has other numbers: there is none to be run here.
    yield (_LOAD, 0, 0, _MACHINE_AT)
    yield (_EQUAL, 1, 0, machine.audit)
    yield (_RETURN, 0, 0, _KILL)
    yield (_LOAD, 0, 0, _NUMBER_AT)
    columns = [numbers[machine.column] for numbers in _ALLOWED.values()]
    allowed = [number for number in columns if number is not None]
    for index, number in enumerate(allowed):
        # On to the ALLOW after the last of these and a jump over it.
        yield (_EQUAL, len(allowed) - index, 0, number)
    yield (_JUMP, 0, 0, 1)
    yield (_RETURN, 0, 0, _ALLOW)
    for numbers, rule in _RULES:
        if (ruled := numbers[machine.column]) is not None:
            yield (_EQUAL, 0, len(rule), ruled)
            yield from rule
    yield (_RETURN, 0, 0, _REFUSE)


def _argument(index: int) -> _Instruction:
    """Load the lower half of an argument, which is all that the kernel looks at in these."""
    return (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * index)


def _allowed_if(test: _Instruction) -> list[_Instruction]:
    return [test, (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]


_RULES: list[tuple[tuple[int, int | None], list[_Instruction]]] = [
    (_OPEN, [_argument(1), *_allowed_if((_ANY, 1, 0, _WRITING))]),
    (_OPENAT, [_argument(2), *_allowed_if((_ANY, 1, 0, _WRITING))]),
    (
        _CLONE,
        [
            _argument(0),
            (_AND, 0, 0, _THREAD | _NAMESPACES),
            *_allowed_if((_EQUAL, 0, 1, _THREAD)),
        ],
    ),
    (
        _FCNTL,
        [
            _argument(1),
            (_EQUAL, 1, 0, _DUPLICATE),
            *_allowed_if((_GREATER, 1, 0, _LAST_OF_OWN_FLAGS)),
        ],
    ),
    # Of its own limits only: they can be lowered, and nobody else's be touched.
    (_PRLIMIT, [_argument(0), *_allowed_if((_EQUAL, 0, 1, 0))]),
]
