"""All that is said between the bot and a worker: these messages and no others.

A message is its length in four bytes and then a pickle. Both ends are this program, on a socket
that nobody else has.
"""

from __future__ import annotations

import asyncio
import pickle
import select
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from bot.domain.generation import Codes, Request, Sound
from bot.domain.status import ModelInfo

MAX_BYTES = 2**30

_LENGTH_BYTES = 4
# Above this, unpacking is worth a thread: the event loop has others to answer.
_LARGE_BYTES = 2**16


@dataclass(frozen=True, slots=True)
class Make:
    """Make a clip, or take one apart."""

    job_id: int
    request: Request


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop making a clip; one that is done or unknown changes nothing."""

    job_id: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Leave."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded and warm."""

    info: ModelInfo


@dataclass(frozen=True, slots=True)
class Beat:
    """Still there."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """A clip has come further, in seconds of new sound."""

    job_id: int
    seconds_done: float
    seconds_total: float


@dataclass(frozen=True, slots=True)
class Made:
    """A clip is made, or taken apart: its codes are told where the model has stems."""

    job_id: int
    sound: Sound
    seconds_of_work: float
    codes: Codes | None = None
    stems: Mapping[str, Sound] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """A clip can't be made; the sentence says why, where the person can do something about it."""

    job_id: int
    sentence: str | None


@dataclass(frozen=True, slots=True)
class Broken:
    """The model can't be loaded, for this reason."""

    sentence: str


ToWorker = Make | Cancel | Stop
FromWorker = Ready | Beat | Advanced | Made | Failed | Broken


def packed(message: ToWorker | FromWorker) -> bytes:
    """Return a message as it goes over the wire. Raises ValueError for one that is too large."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    if len(body) > MAX_BYTES:
        raise ValueError(f"a message of {len(body)} bytes")
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


async def receive(reader: asyncio.StreamReader) -> FromWorker:
    """Wait for the worker's next message. Raises EOFError when it has gone."""
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
        if length > MAX_BYTES:
            raise EOFError(f"a message of {length} bytes")
        body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise EOFError("the worker has gone") from error
    if length > _LARGE_BYTES:
        return cast(FromWorker, await asyncio.to_thread(pickle.loads, body))
    return cast(FromWorker, pickle.loads(body))  # noqa: S301 - from our own process


class Line:
    """The worker's end of the socket."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)

    def send(self, message: FromWorker) -> None:
        """Say something."""
        self._socket.setblocking(True)
        self._socket.sendall(packed(message))

    def wait_for_end(self) -> None:
        """Return when the bot has gone; reads nothing, so that another thread can."""
        poll = select.poll()
        # Where there is no such event, the one for both directions is always told.
        poll.register(self._socket, getattr(select, "POLLRDHUP", 0))
        poll.poll()

    def next(self, timeout_seconds: float) -> ToWorker | None:
        """Return the next message, or None if there is none within a time.

        Raises EOFError when the bot has gone.
        """
        self._socket.settimeout(timeout_seconds if timeout_seconds > 0 else 1e-4)
        try:
            first = self._socket.recv(1)
        except TimeoutError:
            return None
        self._socket.settimeout(None)
        if not first:
            raise EOFError("the bot has gone")
        length = int.from_bytes(first + self._exactly(_LENGTH_BYTES - 1), "big")
        if length > MAX_BYTES:
            raise EOFError(f"a message of {length} bytes")
        return cast(ToWorker, pickle.loads(self._exactly(length)))  # noqa: S301 - from the bot

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            part = self._socket.recv(count - len(parts))
            if not part:
                raise EOFError("the bot has gone")
            parts += part
        return bytes(parts)
