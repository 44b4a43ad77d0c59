"""The messages of `protocol` as bytes, MessagePack, and back; and the version of the set.

Decoding runs no code of the sender's: a message is one of the set's structs or it is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from bot.inference.arrays import decode_array, decode_bytes, describe_array, encode_array
from bot.inference.protocol import FromWorker, ToWorker

MAX_BYTES = 2**30
"""The largest message that either end sends or accepts."""


class ProtocolError(Exception):
    """Bytes that are no message of the set."""


class UnusableRequest(ProtocolError):
    """A request that the set has no room for, of a job that can be told so."""

    def __init__(self, job_id: int, reason: str) -> None:
        super().__init__(reason)
        self.job_id = job_id


class _AnyGenerateJob(msgspec.Struct, frozen=True, tag="GenerateJob"):
    """A GenerateJob of which only the address can be read."""

    job_id: int


class _AnySeparateJob(msgspec.Struct, frozen=True, tag="SeparateJob"):
    """The same of a SeparateJob."""

    job_id: int


_AnyJob = _AnyGenerateJob | _AnySeparateJob


def encode(message: ToWorker | FromWorker, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Return a message as bytes. Raises ValueError for one that can't be sent."""
    body = msgspec.msgpack.encode(message, enc_hook=encode_array)
    if len(body) > max_bytes:
        raise ValueError(f"a message of {len(body)} bytes")
    return body


def decode_to_worker(body: bytes) -> ToWorker:
    """Return a message of the bot. Raises ProtocolError for what is no message of the set.

    That is UnusableRequest where it asks for something with values of wrong types.
    """
    try:
        return _decode(body, ToWorker)  # type: ignore[no-any-return]
    except ProtocolError as error:
        try:
            job = _decode(body, _AnyJob)
        except ProtocolError:
            raise error from None
        raise UnusableRequest(job.job_id, str(error)) from error


def decode_from_worker(body: bytes) -> FromWorker:
    """Return a message of a worker. Raises ProtocolError for what is no message of the set."""
    return _decode(body, FromWorker)  # type: ignore[no-any-return]


@cache
def version() -> str:
    """Return the version of the set: a digest of every message and all its fields."""
    return digest([ToWorker, FromWorker])


def digest(kinds: Sequence[Any]) -> str:
    """Return a digest of types with the names, types and defaults of all their fields."""
    _, schema = msgspec.json.schema_components(kinds, schema_hook=describe_array)
    text = json.dumps(_without_prose(schema), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _decode(body: bytes, kind: Any) -> Any:  # noqa: ANN401 - a union of structs is no type
    if len(body) > MAX_BYTES:
        raise ProtocolError(f"a message of {len(body)} bytes")
    try:
        return msgspec.msgpack.decode(body, type=kind, dec_hook=decode_array, ext_hook=decode_bytes)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise ProtocolError(str(error)) from error


def _without_prose(schema: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(schema, dict):
        return {k: _without_prose(v) for k, v in schema.items() if k != "description"}
    return [_without_prose(each) for each in schema] if isinstance(schema, list) else schema
