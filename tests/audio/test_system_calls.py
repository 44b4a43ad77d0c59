"""The filter of system calls: what it allows and refuses on each kind of processor."""

from __future__ import annotations

import os
import re
import struct
from pathlib import Path

import pytest

from bot.audio.untrusted import system_calls
from bot.audio.untrusted.system_calls import system_call_filter

X86_64, AARCH64, I386 = 0xC000_003E, 0xC000_00B7, 0x4000_0003
AUDITS = {"x86_64": X86_64, "aarch64": AARCH64}
ALLOWED, REFUSED, KILLED = 0x7FFF_0000, 0x0005_0026, 0x8000_0000
THREAD = 0x3D0F00
"""The flags that a C library starts a thread with."""


def answer(program, number, *arguments, audit):
    """Return the filter's decision for a call, by interpreting its instructions."""
    lower = [each & 0xFFFF_FFFF for each in (*arguments, *[0] * (6 - len(arguments)))]
    data = struct.pack("<IIQ6Q", number, audit, 0, *lower)
    steps = list(struct.iter_unpack("<HBBI", program))
    at, value = 0, 0
    while True:
        code, if_true, if_false, constant = steps[at]
        at += 1
        if code == 0x06:
            return constant
        if code == 0x20:
            (value,) = struct.unpack_from("<I", data, constant)
        elif code == 0x54:
            value &= constant
        elif code == 0x05:
            at += constant
        else:
            holds = {
                0x15: value == constant,
                0x25: value > constant,
                0x45: bool(value & constant),
            }[code]
            at += if_true if holds else if_false


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize(
    ("numbers", "arguments", "expected"),
    [
        # x86_64 and aarch64.
        ((0, 63), (), ALLOWED),  # read
        ((59, 221), (), ALLOWED),  # execve
        ((202, 98), (), ALLOWED),  # futex
        ((257, 56), (-100, 0, os.O_RDONLY | os.O_CLOEXEC), ALLOWED),  # openat
        ((257, 56), (-100, 0, os.O_WRONLY), REFUSED),
        ((257, 56), (-100, 0, os.O_RDWR), REFUSED),
        ((257, 56), (-100, 0, os.O_RDONLY | os.O_CREAT), REFUSED),
        ((257, 56), (-100, 0, os.O_RDONLY | os.O_TRUNC), REFUSED),
        ((56, 220), (THREAD,), ALLOWED),  # clone
        ((56, 220), (17,), REFUSED),
        ((56, 220), (0x4100 | 17,), REFUSED),  # as vfork does
        ((56, 220), (THREAD | 0x1000_0000,), REFUSED),
        ((435, 435), (), REFUSED),  # clone3
        ((72, 25), (1, 2, 1), ALLOWED),  # fcntl: F_SETFD
        ((72, 25), (1, 1030, 5), ALLOWED),
        ((72, 25), (1, 8, 1), REFUSED),  # F_SETOWN
        ((72, 25), (1, 1031, 2**20), REFUSED),  # F_SETPIPE_SZ
        ((302, 261), (0,), ALLOWED),  # prlimit64
        ((302, 261), (4711,), REFUSED),
        ((41, 198), (), REFUSED),  # socket
        ((53, 199), (), REFUSED),  # socketpair
        ((62, 129), (), REFUSED),  # kill
        ((234, 131), (), REFUSED),  # tgkill
        ((157, 167), (), REFUSED),  # prctl
        ((112, 157), (), REFUSED),  # setsid
        ((29, 194), (), REFUSED),  # shmget
        ((425, 425), (), REFUSED),  # io_uring_setup
        ((9999, 9999), (), REFUSED),  # none yet
    ],
)
def test_each_system_call_is_allowed_or_refused(machine, numbers, arguments, expected):
    """By its number and arguments, which differ between processors."""
    program = system_call_filter(machine)
    number = numbers[machine == "aarch64"]
    assert answer(program, number, *arguments, audit=AUDITS[machine]) == expected


def test_other_system_call_abis_are_refused():
    """32-bit calls end the program, and calls of the x32 ABI fail as unknown."""
    program = system_call_filter("x86_64")
    assert answer(program, 0, audit=I386) == KILLED
    assert answer(program, 0x4000_0000, audit=X86_64) == REFUSED


def test_an_unknown_processor_has_no_filter():
    """System call numbers differ, so the filter of another processor would not protect."""
    assert system_call_filter("riscv64") is None


def test_the_numbers_are_those_of_this_machine_s_headers():
    """If a C compiler's headers are installed."""
    folders = [Path("/usr/include", name) for name in ("x86_64-linux-gnu/asm", "asm")]
    files = [folder / "unistd_64.h" for folder in folders]
    there = [file for file in files if file.exists()]
    if not there:
        pytest.skip("no headers of the kernel for x86_64 are installed")
    found = dict(re.findall(r"#define __NR_(\w+) (\d+)", there[0].read_text()))
    for name, (number, _) in system_calls._ALLOWED.items():
        assert int(found[name]) == number
