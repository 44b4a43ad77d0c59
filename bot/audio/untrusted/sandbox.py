"""The sandbox of an untrusted process: its layers and limits, applied by `launcher.py`."""

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
_REPORT = re.compile(
    rb"\nsandbox: code=(\d+) signal=(\d+) cpu_seconds=(\d+\.\d+) peak_kb=(\d+)\n\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The resource limits for one file."""

    cpu_seconds: int = 10
    memory_bytes: int = 2**30
    processes: int = 64
    wall_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxLayers:
    """The layers of the sandbox, each of which cuts the process off from something."""

    network: bool
    """The network and all other processes, by namespaces of its own."""
    files: bool
    """Other files, and what else Landlock knows: TCP, devices, abstract sockets, signals."""
    calls: bool
    """All system calls but those that reading a file takes: no sockets, no other processes."""


NO_LAYERS = SandboxLayers(network=False, files=False, calls=False)


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """How a program ended, and the last of its messages."""

    code: int
    signal: int
    cpu_seconds: float
    peak_kb: int
    stderr: bytes


def command_prefix(program: Path, layers: SandboxLayers, limits: Limits) -> list[str]:
    """Return a command prefix that runs a program in the sandbox; its arguments follow.

    All limits but the wall time are enforced by the launcher; the caller enforces that one.
    """
    calls = ""
    if layers.calls:
        known = system_call_filter(os.uname().machine)
        # What is no filter ends the launcher with CANT_RUN, as any other layer that can't be had.
        calls = "none" if known is None else known.hex()
    terms = {
        "parent": os.getpid(),
        "cpu_seconds": limits.cpu_seconds,
        "memory_bytes": limits.memory_bytes,
        "processes": limits.processes,
        "network": int(layers.network),
        "files": int(layers.files),
        "calls": calls,
    }
    pairs = ",".join(f"{name}={value}" for name, value in terms.items())
    return [sys.executable, "-I", "-S", "-c", _LAUNCH, str(_ROOT), pairs, str(program)]


def parse_end(stderr: bytes) -> ProcessEnd | None:
    """Return how a program ended, by the end of its standard error; None if it never began."""
    if (found := _REPORT.search(stderr)) is None:
        return None
    return ProcessEnd(int(found[1]), int(found[2]), float(found[3]), int(found[4]), stderr)


@cache
def available_layers(ffmpeg: Path) -> SandboxLayers:
    """Return the layers of the sandbox in which an ffmpeg works; a missing one is logged."""
    layers = probe_layers(ffmpeg)
    if layers != SandboxLayers(network=True, files=True, calls=True):
        log.warning("upload.sandbox_layers_missing layers=%s: `zhiyin doctor` tells why", layers)
    return layers


@cache
def probe_layers(ffmpeg: Path) -> SandboxLayers:
    """Return the most layers of the sandbox in which an ffmpeg still decodes.

    A layer is given up only after several tries, since a busy machine may be slow.
    """

    def decodes(layers: SandboxLayers) -> bool:
        command = [*command_prefix(ffmpeg, layers, Limits()), *_DECODE]
        return any(_ends_well(command) for _ in range(_PROBES))

    if decodes(whole := SandboxLayers(network=True, files=True, calls=True)):
        return whole
    layers = NO_LAYERS
    for more in ("calls", "network", "files"):
        if decodes(higher := replace(layers, **{more: True})):
            layers = higher
    return layers


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
