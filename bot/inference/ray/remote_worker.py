"""The Ray actor beside a remote worker, on the worker's machine.

It starts the same process as a local worker, and passes bytes between its socket and the relay. The
engine runs outside the actor, so the actor's heartbeat only says that the machine and the network
are up.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import ray

from bot.inference.ray.cluster import BEAT_SECONDS, environment_without_ray, with_own_device

OPTIONS: dict[str, Any] = {
    "num_cpus": 0,
    # The bot's supervisor restarts it.
    "max_restarts": 0,
    # One thread per direction: bytes stay in order, and both directions run concurrently.
    "concurrency_groups": {"sending": 1, "receiving": 1},
}
"""Ray's options for the actor."""

_CHUNK_BYTES = 2**16
_LEAVE_SECONDS = 2.0


class WorkerStopped(Exception):
    """The process was told to end, as by a machine that shuts down; no job has ended it."""


class RemoteWorker:
    """A worker process, and its socket."""

    def __init__(self, settings: str) -> None:
        """Start the process; `settings` are those of `bot.inference.worker`."""
        settings = with_own_device(settings, os.environ)
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own worker
                [
                    *(sys.executable, "-P", "-m", "bot.inference.worker"),
                    *(str(theirs.fileno()), settings),
                ],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env=environment_without_ray(os.environ),
                start_new_session=True,
                # Ray may delete the actor's own folder before the process has ended.
                cwd=tempfile.gettempdir(),
            )

    @ray.method(concurrency_group="sending")
    def send(self, data: bytes) -> None:
        """Write bytes to the process, however busy it is; bytes to a dead one are dropped."""
        # `receive` reports that it has ended.
        with contextlib.suppress(ConnectionError):
            self._socket.sendall(data)

    @ray.method(concurrency_group="receiving", num_returns="streaming")
    def receive(self) -> Iterator[bytes]:
        """Yield what the process sends until it ends, and b"" every second as a heartbeat.

        Raises WorkerStopped if it was told to end.
        """
        # A timeout of the socket would hold for `send` as well, and cut its message in two.
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        yield b""
        while True:
            if not poll.poll(BEAT_SECONDS * 1000):
                yield b""
                continue
            try:
                data = self._socket.recv(_CHUNK_BYTES)
            except ConnectionError:
                break
            if not data:
                break
            yield data
        try:
            code = self._process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return
        if code == -signal.SIGTERM:
            raise WorkerStopped
