"""Workers forked from a process that has imported what they need.

They are processes like any worker: they crash, are killed, and end with the bot. They only save the
seconds that Python takes for the imports.
"""

from __future__ import annotations

import asyncio
import json
import os
from multiprocessing.connection import Connection

from bot.inference import worker
from bot.inference.worker_process import ProcessBackend
from tests.support import forked


class ForkedBackend(ProcessBackend):
    """Starts workers as ProcessBackend does, with the same settings and environment."""

    async def _spawn(self, fd):
        settings = json.dumps(self._settings())
        with Connection(os.dup(fd)) as connection, Connection(os.dup(2)) as log:
            arguments = (settings, self._environment(), connection, log)
            process = forked.context().Process(target=_run, args=arguments)
            # Without an interruption between, which would leave the process behind.
            starting = asyncio.create_task(asyncio.to_thread(forked.launch, process))
            try:
                await asyncio.shield(starting)
            except asyncio.CancelledError:
                await starting
                process.kill()
                raise
        return _Process(process)


class _Process:
    """A forked process with the interface of asyncio's."""

    def __init__(self, process):
        self._process = process
        self.pid = process.pid

    @property
    def returncode(self):
        return forked.exit_code(self._process)

    def kill(self):
        self._process.kill()

    async def wait(self):
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        return forked.exit_code(self._process)


def _run(settings, environment, connection, log):
    for number in (1, 2):
        os.dup2(log.fileno(), number)
    log.close()
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    worker.run([str(connection.fileno()), settings])
