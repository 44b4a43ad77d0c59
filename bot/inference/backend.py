"""The interface between the supervisor and a worker process, local or on another machine.

A backend starts workers; a handle is the bot's end of one. They exchange only messages of
`protocol.py`, carried as bytes; processes, sockets and pids are the backend's affair.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from bot.config import Config
from bot.errors import ConfigError
from bot.i18n.sentence import Sentence
from bot.inference.protocol import FromWorker, ToWorker
from bot.inference.ray.backend import open_ray
from bot.inference.worker_process import ProcessBackend

NO_WORKERS = Sentence(
    'worker.count is 0, so no worker runs here: set worker.backend to "ray", so that others can '
    "join."
)


class WorkerHandle(Protocol):
    """The bot's end of one running worker."""

    @property
    def name(self) -> str:
        """Return its name in the log, such as "pid=4711"."""

    @property
    def pid(self) -> int | None:
        """Return its process id; None if it runs on another machine."""

    def send(self, message: ToWorker) -> None:
        """Send a message without waiting; messages to a dead worker are dropped.

        Raises ValueError for a message that can't be encoded.
        """

    async def receive(self) -> FromWorker:
        """Wait for the next message.

        Raises EOFError when the worker has ended, MachineLost (an EOFError) when it was lost with
        its machine, ProtocolError for an invalid message.
        """

    async def stop(self) -> None:
        """Ask the worker to end, kill it after a timeout, and wait until it has ended."""

    async def kill(self) -> None:
        """Kill the worker and wait until it has ended."""


class WorkerBackend(Protocol):
    """Starts workers."""

    async def start(self) -> WorkerHandle:
        """Start a worker, which loads the model; wait until there is room for one.

        Raises CannotStart and OSError if none can be started.
        """

    async def close(self) -> None:
        """Release everything else; the workers have ended."""


def choose_backends(
    config: Config, folder: Path, *, engine: str | None = None
) -> tuple[WorkerBackend, WorkerBackend | None]:
    """Return the backend for local workers and, if configured, one for other machines.

    The only place that knows the implementations. `folder` is the bot's data folder; `engine` names
    what a worker opens instead of the model, as "module:function". Raises ZhiyinError if a
    configured backend is not installed.
    """
    joined = None
    if config.worker.backend == "ray":
        joined = open_ray(config, folder, engine=engine)
    elif not config.worker.count:
        raise ConfigError(NO_WORKERS)
    return ProcessBackend(config, engine=engine), joined
