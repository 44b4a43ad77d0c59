"""Programs of the tests as processes that are forked from one that has imported them already.

They are as real as any: signals, pipes, children, exit codes. Only the seconds that Python takes to
import what they need are spent once for all of them.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess

PROGRAMS = (
    "tests.support.headless_bot",
    "tests.support.discord_wire.bot_main",
    "tests.support.scripted_worker",
    "bot.inference.worker",
)


def context() -> ForkServerContext:
    """Return what forks processes from that one."""
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(list(PROGRAMS))
    return forking


def start(
    module: str, arguments: Sequence[object], environment: Mapping[str, str]
) -> tuple[ForkServerProcess, Connection]:
    """Start a program as `python -m` would; return its process and what reads its standard error.

    Its standard output goes there too.
    """
    reader, writer = context().Pipe(duplex=False)
    process = context().Process(
        target=_run, args=(module, list(map(str, arguments)), dict(environment), writer)
    )
    process.start()
    writer.close()
    return process, reader


def _run(
    module: str, arguments: list[str], environment: dict[str, str], writer: Connection
) -> None:
    os.dup2(writer.fileno(), 1)
    os.dup2(writer.fileno(), 2)
    writer.close()
    # Whoever looks for a folder's processes reads what they were started with: this one is waited
    # for, and what it starts itself inherits these.
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    sys.exit(importlib.import_module(module).main())
