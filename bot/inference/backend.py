"""The seam between the supervisor and whatever runs a worker: this machine, or another.

A backend starts workers; a handle is the bot's end of one. Only messages of `protocol.py` pass
between the two, and a backend carries them as bytes however it likes: nothing here says process,
socket or pid but for the log.
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
        """Start a worker that loads the model; wait where there is no room for one yet.

        Raises OSError where none can be started.
        """

    async def close(self) -> None:
        """Let go of what is held beside the workers, which have ended."""


def choose_backends(
    config: Config, folder: Path, *, engine: str | None = None
) -> tuple[WorkerBackend, WorkerBackend | None]:
    """Return what starts workers here and, if the settings let any join, on other machines.

    The only place that knows which backends there are. `folder` is the bot's data folder; `engine`
    names what a worker opens in place of the model, as "module:function". Raises ZhiyinError where
    the settings ask for what is not installed.
    """
    joined = None
    if config.worker.backend == "ray":
        joined = open_ray(config, folder, engine=engine)
    elif not config.worker.count:
        raise ConfigError(NO_WORKERS)
    return ProcessBackend(config, engine=engine), joined
