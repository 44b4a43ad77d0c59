"""The seam between the supervisor and whatever runs a worker: this machine, or another.

A backend starts workers; a handle is the bot's end of one. Only messages of `protocol.py` pass
between the two, and a backend carries them as bytes however it likes: nothing here says process,
socket or pid but for the log.
"""

from __future__ import annotations

from typing import Protocol

from bot.config import Config
from bot.inference.protocol import FromWorker, ToWorker
from bot.inference.worker_process import ProcessBackend


class WorkerHandle(Protocol):
    """The bot's end of one running worker."""

    @property
    def name(self) -> str:
        """Return what the log calls it, such as "pid=4711"."""

    @property
    def pid(self) -> int | None:
        """Return the id of its process; None if it runs on another machine."""

    def send(self, message: ToWorker) -> None:
        """Send a message without waiting; a worker that has gone does not get it.

        Raises ValueError for a message that can't be sent.
        """

    async def receive(self) -> FromWorker:
        """Wait for the next message.

        Raises EOFError when the worker has gone, ProtocolError for what is no message.
        """

    async def stop(self) -> None:
        """Ask the worker to end, kill it if it does not, and return when it is gone."""

    async def kill(self) -> None:
        """End the worker at once and return when it is gone."""


class WorkerBackend(Protocol):
    """Starts workers."""

    async def start(self) -> WorkerHandle:
        """Start a worker that loads the model. Raises OSError where none can be started."""


def choose_backend(config: Config, *, engine: str | None = None) -> WorkerBackend:
    """Return the backend for the settings: the only place that knows which there are.

    `engine` names what a worker opens in place of the model, as "module:function".
    """
    return ProcessBackend(config, engine=engine)
