"""Programs of the tests, forked from a process that has imported them.

They are real processes with signals, pipes, children and exit codes. They only save the seconds
that Python takes for the imports.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess

PROGRAMS = (
    "tests.support.headless_bot",
    "tests.support.discord_wire.bot_main",
    "tests.support.scripted_worker",
    "bot.inference.worker",
)


# Every start of a process polls all others. Of two threads that poll one process at its end, one
# finds no exit code and returns 255, for multiprocessing has no lock there.
_POLLING = threading.Lock()


def context() -> ForkServerContext:
    """Return the multiprocessing context that forks from that process."""
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(list(PROGRAMS))
    return forking


def start(
    module: str, arguments: Sequence[object], environment: Mapping[str, str]
) -> tuple[ForkServerProcess, Connection]:
    """Start a program as `python -m` would; return its process and a reader of its standard error.

    Its standard output goes there, too.
    """
    reader, writer = context().Pipe(duplex=False)
    process = context().Process(
        target=_run, args=(module, list(map(str, arguments)), dict(environment), writer)
    )
    launch(process)
    writer.close()
    return process, reader


def launch(process: ForkServerProcess) -> None:
    """Start a process, from any thread."""
    with _POLLING:
        process.start()


def exit_code(process: ForkServerProcess) -> int | None:
    """Return the exit code of a process, in any thread; None while it runs."""
    with _POLLING:
        return process.exitcode


def wait_for(process: ForkServerProcess, timeout_seconds: float) -> int | None:
    """Return the exit code of a process when it has ended; None after too long a time."""
    wait([process.sentinel], timeout_seconds)
    return exit_code(process)


def _run(
    module: str, arguments: list[str], environment: dict[str, str], writer: Connection
) -> None:
    os.dup2(writer.fileno(), 1)
    os.dup2(writer.fileno(), 2)
    writer.close()
    # A bot's processes are found by their initial environment, which this one lacks: it is waited
    # for instead, and its children inherit the variables.
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    sys.exit(importlib.import_module(module).main())
