"""Signals that arrive after the bot's cleanup."""

import subprocess
import sys

import pytest

_LATE = """
import asyncio, atexit, os, signal, sys
from bot.app.signals import stopping
def late():
    os.kill(os.getpid(), signal.SIGTERM)
if sys.argv[1] == "python ends":
    atexit.register(late)
async def main():
    with stopping():
        pass
asyncio.run(main())
if sys.argv[1] == "the loop is closed":
    late()
"""


@pytest.mark.parametrize(("when", "code"), [("the loop is closed", 1), ("python ends", 0)])
def test_a_late_signal_does_not_change_the_exit_code(when, code):
    """After the cleanup a signal ends the process at once, or finds it ended."""
    assert subprocess.run([sys.executable, "-c", _LATE, when], check=False).returncode == code
