"""A backend whose workers are threads of this process: the real worker around a scripted engine."""

from __future__ import annotations

import asyncio
import socket
import threading

from bot.inference.connection import Connection, frame, receive
from bot.inference.encoding import version
from bot.inference.protocol import Hello, Ready, Shutdown
from bot.inference.worker import Worker
from tests.support import scripted_worker

SLOTS = 8


class ThreadBackend:
    """Starts workers without the second that a process takes; none of them can crash."""

    async def start(self):
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        thread = threading.Thread(target=work, args=(theirs.detach(),), daemon=True)
        thread.start()
        return WorkerThread(thread, reader, writer)

    async def close(self):
        """Release nothing."""


class WorkerThread:
    """The bot's side of one worker."""

    name, pid = "thread", None

    def __init__(self, thread, reader, writer):
        self._thread, self._reader, self._writer = thread, reader, writer

    def send(self, message):
        self._writer.write(frame(message))

    async def receive(self):
        return await receive(self._reader)

    async def stop(self):
        self.send(Shutdown())
        await asyncio.to_thread(self._thread.join)
        self._writer.close()

    async def kill(self):
        self._writer.close()
        await asyncio.to_thread(self._thread.join)


def work(fd):
    """Say hello and work until told to stop, or until the bot is gone."""
    connection, info = Connection(fd), scripted_worker.info(SLOTS)
    try:
        connection.send(Hello(version()))
        connection.send(Ready(info))
        Worker(connection, scripted_worker.Engine(), info).run()
    except (EOFError, ConnectionError):
        pass
    finally:
        connection.close()
