"""The isolation and limits of an untrusted process; `launcher.py` applies them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launcher.py")
_PROBE_SECONDS = 20.0
_REPORT = re.compile(rb"\njail: code=(\d+) signal=(\d+) cpu_seconds=(\d+\.\d+) peak_kb=(\d+)\n\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may cost."""

    cpu_seconds: int = 10
    memory_bytes: int = 2**30
    processes: int = 64
    wall_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """What a program is kept away from: the network and all other processes; other files."""

    network: bool
    files: bool


@dataclass(frozen=True, slots=True)
class End:
    """How a program ended, and the last of what it said."""

    code: int
    signal: int
    cpu_seconds: float
    peak_kb: int
    said: bytes


def isolate(program: Path, walls: Isolation, limits: Limits) -> list[str]:
    """Return the command that runs a program behind walls; its arguments come after it.

    All limits but the wall time's hold by themselves: that one is for who waits.
    """
    terms = {
        "parent": os.getpid(),
        "cpu_seconds": limits.cpu_seconds,
        "memory_bytes": limits.memory_bytes,
        "processes": limits.processes,
        "network": int(walls.network),
        "files": int(walls.files),
    }
    pairs = ",".join(f"{name}={value}" for name, value in terms.items())
    return [sys.executable, "-I", "-S", str(_LAUNCHER), pairs, str(program)]


def parse_end(said: bytes) -> End | None:
    """Return how a program ended, by the end of its standard error; None if it never began."""
    if (found := _REPORT.search(said)) is None:
        return None
    return End(int(found[1]), int(found[2]), float(found[3]), int(found[4]), said)


@cache
def strongest_isolation(ffmpeg: Path) -> Isolation:
    """Return the most that this machine raises around an ffmpeg that still starts."""
    for network, files in ((True, True), (True, False), (False, True)):
        walls = Isolation(network=network, files=files)
        if _starts([*isolate(ffmpeg, walls, Limits()), "-version"]):
            return walls
    return Isolation(network=False, files=False)


def _starts(command: list[str]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False
    end = parse_end(done.stderr)
    return end is not None and (end.code, end.signal) == (0, 0)
