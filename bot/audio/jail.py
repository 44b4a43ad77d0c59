"""Run a program under limits: `python -I -S jail.py LIMITS PROGRAM ARGUMENTS ...`.

A script of its own, that imports as little as can be: it stands between the bot, which has threads
and must not fork, and ffmpeg. LIMITS are seconds of processor, bytes of memory and bytes of a file.
"""

from __future__ import annotations

import os
import resource
import sys

_MOST_FILES = 64
_NICENESS = 10


def main() -> None:
    """Limit this process and become the program."""
    cpu_seconds, memory_bytes, file_bytes = (int(part) for part in sys.argv[1].split(","))
    limits = (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, value in limits:
        resource.setrlimit(kind, (value, value))
    os.nice(_NICENESS)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - our own arguments


if __name__ == "__main__":
    main()
