"""Messages over a local socket: each is its length in four bytes, then its body."""

from __future__ import annotations

import asyncio
import select
import socket

from bot.inference.encoding import MAX_BYTES, decode_from_worker, decode_to_worker, encode
from bot.inference.protocol import FromWorker, ToWorker

_LENGTH_BYTES = 4
# Above this, decoding is worth a thread: the event loop has others to answer.
_LARGE_BYTES = 2**16


def frame(message: ToWorker | FromWorker) -> bytes:
    """Return a message as it goes over the socket. Raises ValueError for one that can't be sent."""
    body = encode(message)
    return b"".join((len(body).to_bytes(_LENGTH_BYTES, "big"), body))


async def receive(reader: asyncio.StreamReader, *, max_bytes: int = MAX_BYTES) -> FromWorker:
    """Wait for the worker's next message.

    Raises EOFError when it has gone or claims more than `max_bytes`, and ProtocolError for what is
    no message.
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
        """Take over the socket of a file descriptor."""
        self._socket = socket.socket(fileno=fd)
        self._max_bytes = max_bytes

    def send(self, message: FromWorker) -> None:
        """Send a message; blocks until it is on its way."""
        self._socket.setblocking(True)
        self._socket.sendall(frame(message))

    def wait_for_end(self) -> None:
        """Return when the bot has gone; reads nothing, so that another thread can."""
        poll = select.poll()
        # Without that event poll still reports that both directions are closed.
        poll.register(self._socket, getattr(select, "POLLRDHUP", 0))
        poll.poll()

    def receive(self, timeout_seconds: float) -> ToWorker | None:
        """Return the next message, or None if there is none within a time.

        Raises EOFError when the bot has gone, and ProtocolError for what is no message.
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
