"""Messages over a local socket: a length of four bytes, then the body."""

from __future__ import annotations

import asyncio
import select
import socket

from bot.inference.encoding import MAX_BYTES, decode_from_worker, decode_to_worker, encode
from bot.inference.protocol import FromWorker, ToWorker

_LENGTH_BYTES = 4
# Larger messages are decoded in a thread, so that the event loop stays responsive.
_LARGE_BYTES = 2**16


def frame(message: ToWorker | FromWorker) -> bytes:
    """Return a message as bytes with its length. Raises ValueError if it can't be encoded."""
    body = encode(message)
    return b"".join((len(body).to_bytes(_LENGTH_BYTES, "big"), body))


async def receive(reader: asyncio.StreamReader, *, max_bytes: int = MAX_BYTES) -> FromWorker:
    """Wait for the worker's next message.

    Raises EOFError when it has ended or announces more than `max_bytes`, and ProtocolError for an
    invalid message.
    """
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
        if length > max_bytes:
            raise EOFError(f"a message of {length} bytes")
        body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise EOFError("the worker has gone") from error
    if length > _LARGE_BYTES:
        return await asyncio.to_thread(decode_from_worker, body)
    return decode_from_worker(body)


class Connection:
    """The worker's end of the socket."""

    def __init__(self, fd: int, *, max_bytes: int = MAX_BYTES) -> None:
        """Take over the socket with a file descriptor."""
        self._socket = socket.socket(fileno=fd)
        self._max_bytes = max_bytes

    def send(self, message: FromWorker) -> None:
        """Send a message; blocks until it is written."""
        self._socket.setblocking(True)
        self._socket.sendall(frame(message))

    def wait_for_end(self) -> None:
        """Block until the bot has closed the socket; reads nothing, so another thread can."""
        poll = select.poll()
        # Where POLLRDHUP is missing, poll still reports POLLHUP when both directions are closed.
        poll.register(self._socket, getattr(select, "POLLRDHUP", 0))
        poll.poll()

    def receive(self, timeout_seconds: float) -> ToWorker | None:
        """Return the next message, or None after `timeout_seconds` without one.

        Raises EOFError when the bot has ended, and ProtocolError for an invalid message.
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
        if length > self._max_bytes:
            raise EOFError(f"a message of {length} bytes")
        return decode_to_worker(self._exactly(length))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            part = self._socket.recv(count - len(parts))
            if not part:
                raise EOFError("the bot has gone")
            parts += part
        return bytes(parts)
