"""The messages between the bot and a worker: a closed set, encoded as MessagePack.

Decoding runs no code of the sender's: a message is one of these structs or it is refused. A
worker's first message is Hello with its version of the set; what comes after it is only understood
if that is the bot's own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from bot.domain.generation import (
    Codes,
    GenerationRequest,
    PromptChange,
    Request,
    Sound,
    StemsRequest,
)
from bot.domain.status import ModelInfo
from bot.inference.arrays import decode_array, decode_bytes, describe_array, encode_array

MAX_BYTES = 2**30
"""The largest message that either end sends or accepts."""


class ProtocolError(Exception):
    """Bytes that are no message of the set."""


class UnusableRequest(ProtocolError):
    """A request that the set has no room for, of a job that can be told so."""

    def __init__(self, job_id: int, reason: str) -> None:
        super().__init__(reason)
        self.job_id = job_id


class GenerateJob(msgspec.Struct, frozen=True, tag=True):
    """Generate a clip; with `stream`, send its audio while it is generated."""

    job_id: int
    request: GenerationRequest
    stream: bool = False


class SeparateJob(msgspec.Struct, frozen=True, tag=True):
    """Decode the stems of a clip that is there."""

    job_id: int
    request: StemsRequest


class StreamJob(msgspec.Struct, frozen=True, tag=True):
    """From now on send the audio of a job; one that is done or unknown changes nothing."""

    job_id: int


class CancelJob(msgspec.Struct, frozen=True, tag=True):
    """Stop a job; one that is done or unknown changes nothing."""

    job_id: int


class EndJob(msgspec.Struct, frozen=True, tag=True):
    """Let music without end finish with what is made of it; any other job is not changed."""

    job_id: int


class AudioTaken(msgspec.Struct, frozen=True, tag=True):
    """The first so many seconds of music without end are taken; more may be made."""

    job_id: int
    seconds: float


class ChangePrompt(msgspec.Struct, frozen=True, tag=True):
    """Give a job other words; PromptBegun or ChangeRefused is the answer."""

    job_id: int
    change_id: int
    change: PromptChange


class Shutdown(msgspec.Struct, frozen=True, tag=True):
    """End the worker."""


class Hello(msgspec.Struct, frozen=True, tag=True):
    """A worker's first message: its version of this set. Every version can decode it."""

    version: str


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The model is loaded and warm."""

    info: ModelInfo


class ModelFailed(msgspec.Struct, frozen=True, tag=True):
    """The model can't be loaded, for this reason."""

    sentence: str


class Heartbeat(msgspec.Struct, frozen=True, tag=True):
    """The worker is alive."""


class JobProgressed(msgspec.Struct, frozen=True, tag=True):
    """A job has advanced, in seconds of new sound."""

    job_id: int
    seconds_done: float
    seconds_total: float | None


class JobAudio(msgspec.Struct, frozen=True, tag=True):
    """The next stretch of a job's sound, which begins at `first_sample` of the whole."""

    job_id: int
    first_sample: int
    sound: Sound


class PromptBegun(msgspec.Struct, frozen=True, tag=True):
    """The words of a job begin to change, at this second of its new sound."""

    job_id: int
    change_id: int
    at_seconds: float


class ChangeRefused(msgspec.Struct, frozen=True, tag=True):
    """The words of a job don't change; the sentence (JSON) says why."""

    job_id: int
    change_id: int
    sentence: str


class JobFinished(msgspec.Struct, frozen=True, tag=True):
    """A clip is generated, or separated: it has codes where the model has stems."""

    job_id: int
    sound: Sound
    seconds_of_work: float
    codes: Codes | None = None
    stems: dict[str, Sound] = msgspec.field(default_factory=dict)


class JobFailed(msgspec.Struct, frozen=True, tag=True):
    """A job failed or was cancelled; the sentence (JSON) says why, where one can change it."""

    job_id: int
    sentence: str | None


class _AnyGenerateJob(msgspec.Struct, frozen=True, tag="GenerateJob"):
    """A GenerateJob of which only the address can be read."""

    job_id: int


class _AnySeparateJob(msgspec.Struct, frozen=True, tag="SeparateJob"):
    """The same of a SeparateJob."""

    job_id: int


_AnyJob = _AnyGenerateJob | _AnySeparateJob

ToWorker = (
    GenerateJob
    | SeparateJob
    | StreamJob
    | CancelJob
    | EndJob
    | AudioTaken
    | ChangePrompt
    | Shutdown
)
FromWorker = (
    Hello
    | Ready
    | ModelFailed
    | Heartbeat
    | JobProgressed
    | JobAudio
    | PromptBegun
    | ChangeRefused
    | JobFinished
    | JobFailed
)
JobMessage = JobProgressed | JobAudio | PromptBegun | ChangeRefused | JobFinished | JobFailed


def start_message(job_id: int, request: Request, *, stream: bool) -> GenerateJob | SeparateJob:
    """Return the message that starts a job of either kind."""
    if isinstance(request, StemsRequest):
        return SeparateJob(job_id, request)
    return GenerateJob(job_id, request, stream)


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
