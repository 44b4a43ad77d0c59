"""Short Python programs, run in the sandbox of a decoder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.audio.untrusted import ffmpeg_decoder, sandbox
from bot.audio.untrusted.sandbox import Limits, SandboxLayers

PYTHON = Path(sys.executable)


def sandboxed(code, limits=None, *, network=True, calls=False):
    """Return the command that runs a short program in the sandbox."""
    here = ffmpeg_decoder.layers_here()
    if network and not here.network:
        pytest.skip("this machine allows no network namespaces")
    if calls and not here.calls:
        pytest.skip("this machine allows no filter of system calls")
    layers = SandboxLayers(network=network, files=False, calls=calls)
    return [*sandbox.command_prefix(PYTHON, layers, limits or Limits()), "-I", "-c", code]


def inside(code, limits=None, *, network=True, calls=False):
    """Run a short program in the sandbox; return its output, and how it ended."""
    command = sandboxed(code, limits, network=network, calls=calls)
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60
    )
    return done.stdout.decode(), sandbox.parse_end(done.stderr)
