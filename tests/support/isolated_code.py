"""Short Python programs, run in the isolation of a decoder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.audio.untrusted import ffmpeg_decoder, isolation
from bot.audio.untrusted.isolation import Isolation, Limits

PYTHON = Path(sys.executable)


def isolated(code, limits=None, *, network=True, calls=False):
    """Return the command that runs a short program in isolation."""
    here = ffmpeg_decoder.isolation_here()
    if network and not here.network:
        pytest.skip("this machine allows no network namespaces")
    if calls and not here.calls:
        pytest.skip("this machine allows no filter of system calls")
    raised = Isolation(network=network, files=False, calls=calls)
    return [*isolation.isolate(PYTHON, raised, limits or Limits()), "-I", "-c", code]


def inside(code, limits=None, *, network=True, calls=False):
    """Run a short program in isolation; return its output, and how it ended."""
    command = isolated(code, limits, network=network, calls=calls)
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60
    )
    return done.stdout.decode(), isolation.parse_end(done.stderr)
