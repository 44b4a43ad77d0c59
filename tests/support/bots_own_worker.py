"""Workers forked from the bot's process, for bots that have imported what a worker needs.

They are children of the bot like any worker, and either may kill the other. They only save the
seconds that Python takes for the imports.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal

from bot.inference import worker
from bot.inference.worker_process import ProcessBackend


class OwnForkBackend(ProcessBackend):
    """Starts workers as ProcessBackend does, with the same settings and environment."""

    async def _spawn(self, fd):
        settings, environment = json.dumps(self._settings()), self._environment()
        pid = os.fork()
        if pid == 0:
            _work(fd, settings, environment)
        return _Child(pid)


class _Child:
    """A forked process with the interface of asyncio's."""

    def __init__(self, pid):
        self.pid, self.returncode = pid, None
        self._ended = asyncio.Event()
        self._handle = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(self._handle, self._note_end)

    def kill(self):
        signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    async def wait(self):
        await self._ended.wait()
        return self.returncode

    def _note_end(self):
        asyncio.get_running_loop().remove_reader(self._handle)
        os.close(self._handle)
        _, status = os.waitpid(self.pid, 0)
        self.returncode = os.waitstatus_to_exitcode(status)
        self._ended.set()


def _work(fd, settings, environment):
    """Run as a worker, without the bot's files and signal handlers."""
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        # The database and the other ends of its sockets would stay open in the worker.
        os.closerange(3, fd)
        os.closerange(fd + 1, os.sysconf("SC_OPEN_MAX"))
        os.environ.clear()
        os.environ.update(environment)
        worker.run([str(fd), settings])
    finally:
        os._exit(1)
