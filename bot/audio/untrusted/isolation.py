"""Isolation and limits of an untrusted process, applied by `launcher.py`."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from bot.audio.untrusted.system_calls import system_call_filter

_ROOT = Path(__file__).parents[3]
_LAUNCH = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from bot.audio.untrusted.launcher import main; main(sys.argv[2:])"
)
"""Without installed packages, which it would take time to look for."""
log = logging.getLogger(__name__)

_PROBE_SECONDS, _PROBES = 20.0, 2
_SILENCE = bytes(1600)
_DECODE = (
    "-nostdin", "-v", "error", "-f", "s16le", "-i", "pipe:0", "-f", "f32le", "pipe:1",
)  # fmt: skip
_REPORT = re.compile(rb"\njail: code=(\d+) signal=(\d+) cpu_seconds=(\d+\.\d+) peak_kb=(\d+)\n\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The resource limits for one file."""

    cpu_seconds: int = 10
    memory_bytes: int = 2**30
    processes: int = 64
    wall_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """The available layers of isolation ("walls"): network, files, system calls."""

    network: bool
    """The network and all other processes, by namespaces of its own."""
    files: bool
    """Other files, and what else Landlock knows: TCP, devices, abstract sockets, signals."""
    calls: bool
    """All system calls but those that reading a file takes: no sockets, no other processes."""


NO_ISOLATION = Isolation(network=False, files=False, calls=False)


@dataclass(frozen=True, slots=True)
class End:
    """How a program ended, and the last of its messages."""

    code: int
    signal: int
    cpu_seconds: float
    peak_kb: int
    stderr: bytes


def isolate(program: Path, walls: Isolation, limits: Limits) -> list[str]:
    """Return a command prefix that runs a program isolated; its arguments follow.

    All limits but the wall time are enforced by the launcher; the caller enforces that one.
    """
    calls = ""
    if walls.calls:
        known = system_call_filter(os.uname().machine)
        # What is no filter ends the launcher with CANT_RUN, as other walls do that can't be raised.
        calls = "none" if known is None else known.hex()
    terms = {
        "parent": os.getpid(),
        "cpu_seconds": limits.cpu_seconds,
        "memory_bytes": limits.memory_bytes,
        "processes": limits.processes,
        "network": int(walls.network),
        "files": int(walls.files),
        "calls": calls,
    }
    pairs = ",".join(f"{name}={value}" for name, value in terms.items())
    return [sys.executable, "-I", "-S", "-c", _LAUNCH, str(_ROOT), pairs, str(program)]


def parse_end(stderr: bytes) -> End | None:
    """Return how a program ended, by the end of its standard error; None if it never began."""
    if (found := _REPORT.search(stderr)) is None:
        return None
    return End(int(found[1]), int(found[2]), float(found[3]), int(found[4]), stderr)


@cache
def strongest_isolation(ffmpeg: Path) -> Isolation:
    """Return the strongest isolation available for an ffmpeg; what is missing is logged."""
    standing = probe_isolation(ffmpeg)
    if standing != Isolation(network=True, files=True, calls=True):
        log.warning("upload.walls_missing standing=%s: `zhiyin doctor` tells why", standing)
    return standing


@cache
def probe_isolation(ffmpeg: Path) -> Isolation:
    """Return the strongest isolation with which an ffmpeg still decodes.

    A layer is given up only after several tries, since a busy machine may be slow.
    """

    def decodes(walls: Isolation) -> bool:
        command = [*isolate(ffmpeg, walls, Limits()), *_DECODE]
        return any(_ends_well(command) for _ in range(_PROBES))

    if decodes(whole := Isolation(network=True, files=True, calls=True)):
        return whole
    standing = NO_ISOLATION
    for more in ("calls", "network", "files"):
        if decodes(higher := replace(standing, **{more: True})):
            standing = higher
    return standing


def _ends_well(command: Sequence[str]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            command,
            input=_SILENCE,
            capture_output=True,
            check=False,
            timeout=_PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False
    end = parse_end(done.stderr)
    return end is not None and (end.code, end.signal) == (0, 0)
