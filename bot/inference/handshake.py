"""The start of a worker's messages: its protocol version, then the result of loading the model."""

from __future__ import annotations

import logging

from bot.inference.backend import WorkerHandle
from bot.inference.encoding import ProtocolError, version
from bot.inference.protocol import Hello, ModelFailed, Ready

log = logging.getLogger(__name__)


class OtherVersionError(EOFError):
    """A worker of another protocol version, whose messages can't be read."""


async def receive_hello(worker: WorkerHandle) -> str:
    """Wait for a worker's first message and return the name of its host.

    Raises OtherVersionError, ProtocolError for another first message, and EOFError.
    """
    hello = await worker.receive()
    if not isinstance(hello, Hello):
        raise ProtocolError(f"a worker that begins with {type(hello).__name__}")
    if hello.version != version():
        log.error("worker.refused %s version=%s", worker.name, hello.version)
        raise OtherVersionError
    return hello.host


async def receive_loaded(worker: WorkerHandle) -> Ready | ModelFailed:
    """Wait until a worker has loaded the model or failed to. Raises EOFError and ProtocolError."""
    while True:
        message = await worker.receive()
        if isinstance(message, (Ready, ModelFailed)):
            return message
