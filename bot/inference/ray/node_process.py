"""Runs a command and ends it with whoever started it: `python -m bot.inference.ray.node_process …`.

Ray's processes are many, and outlive a bot that is killed; the next start would find its port
taken. This one holds their leader, and ends it once its own standard input is closed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from types import FrameType

_LEAVE_SECONDS = 15.0


def main(command: list[str]) -> int:
    """Run the command until it ends or standard input does; return its exit code."""
    process = subprocess.Popen(  # noqa: S603 - the bot's own command
        command, stdin=subprocess.DEVNULL, start_new_session=True
    )

    def stop(number: int, frame: FrameType | None) -> None:
        process.terminate()

    signal.signal(signal.SIGTERM, stop)
    # A Ctrl-C in the terminal goes to the one who started this, who decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_input, args=(process,), daemon=True).start()
    return process.wait()


def _end_with_input(process: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1024):
        pass
    # Ray ends its own processes when it is told to.
    process.terminate()
    try:
        process.wait(_LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
