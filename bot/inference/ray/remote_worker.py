"""The part of a remote worker that runs on its machine: a Ray actor beside the worker's process.

It starts the same process that a local worker is, and passes bytes between its socket and the
relay's. Nothing of the engine runs in the actor, so its sign of life says that the machine and the
way to it are there, whatever the engine does.
"""

from __future__ import annotations

import os
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
    # The bot replaces it itself.
    "max_restarts": 0,
    # A group of one thread each: what is sent arrives in order, and beside what is received.
    "concurrency_groups": {"sending": 1, "receiving": 1},
}
"""How Ray runs it."""

_CHUNK_BYTES = 2**16
_LEAVE_SECONDS = 2.0


class RemoteWorker:
    """A worker's process, and the way to it."""

    def __init__(self, settings: str) -> None:
        """Start the process; `settings` are those of `bot.inference.worker`."""
        settings = with_own_device(settings, os.environ)
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own worker
                [sys.executable, "-m", "bot.inference.worker", str(theirs.fileno()), settings],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env=environment_without_ray(os.environ),
                start_new_session=True,
                # Ray's own folder may be gone before the process is.
                cwd=tempfile.gettempdir(),
            )

    @ray.method(concurrency_group="sending")
    def send(self, data: bytes) -> None:
        """Pass bytes on to the process."""
        self._socket.sendall(data)

    @ray.method(concurrency_group="receiving", num_returns="streaming")
    def receive(self) -> Iterator[bytes]:
        """Yield what the process sends until it ends, and b"" every second as a sign of life."""
        self._socket.settimeout(BEAT_SECONDS)
        yield b""
        while True:
            try:
                data = self._socket.recv(_CHUNK_BYTES)
            except TimeoutError:
                yield b""
                continue
            except ConnectionError:
                break
            if not data:
                break
            yield data
        try:
            self._process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
