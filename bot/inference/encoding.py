"""Encode the messages of `protocol` as MessagePack and decode them; version of the protocol.

Decoding never runs code of the sender: bytes that are not one of the structs are refused.
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
"""The largest message, in bytes, that either end sends or accepts."""


class ProtocolError(Exception):
    """Bytes that are not a message of the protocol."""


class UnusableRequest(ProtocolError):
    """A request with invalid values, of which at least the job id could be decoded."""

    def __init__(self, job_id: int, reason: str) -> None:
        super().__init__(reason)
        self.job_id = job_id


class _AnyGenerateJob(msgspec.Struct, frozen=True, tag="GenerateJob"):
    """The job id of a GenerateJob with invalid values."""

    job_id: int


class _AnySeparateJob(msgspec.Struct, frozen=True, tag="SeparateJob"):
    """The job id of a SeparateJob with invalid values."""

    job_id: int


_AnyJob = _AnyGenerateJob | _AnySeparateJob


def encode(message: ToWorker | FromWorker, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Return a message as bytes. Raises ValueError if it can't be encoded."""
    body = msgspec.msgpack.encode(message, enc_hook=encode_array)
    if len(body) > max_bytes:
        raise ValueError(f"a message of {len(body)} bytes")
    return body


def decode_to_worker(body: bytes) -> ToWorker:
    """Decode a message of the bot. Raises ProtocolError for an invalid message.

    It is UnusableRequest if only the values of a request have wrong types.
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
    """Decode a message of a worker. Raises ProtocolError for an invalid message."""
    return _decode(body, FromWorker)  # type: ignore[no-any-return]


@cache
def version() -> str:
    """Return the protocol's version: a digest of all messages with their fields."""
    return digest([ToWorker, FromWorker])


def digest(kinds: Sequence[Any]) -> str:
    """Return a digest of types: the names, types and defaults of all their fields."""
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
