"""The messages between the bot and a worker: a closed set of structs; see `encoding`.

A worker starts with Hello, which carries its protocol version; a worker of another version is
refused.
"""

from __future__ import annotations

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


class GenerateJob(msgspec.Struct, frozen=True, tag=True):
    """Generate a clip; with `stream`, send its audio during generation."""

    job_id: int
    request: GenerationRequest
    stream: bool = False


class SeparateJob(msgspec.Struct, frozen=True, tag=True):
    """Decode the stems of an existing clip."""

    job_id: int
    request: StemsRequest


class StreamJob(msgspec.Struct, frozen=True, tag=True):
    """Send the audio of a job from now on; ignored for a finished or unknown job."""

    job_id: int


class CancelJob(msgspec.Struct, frozen=True, tag=True):
    """Cancel a job; ignored for a finished or unknown job."""

    job_id: int


class EndJob(msgspec.Struct, frozen=True, tag=True):
    """Let endless music finish with what is generated; ignored for any other job."""

    job_id: int


class AudioTaken(msgspec.Struct, frozen=True, tag=True):
    """The subscribers have read `seconds` of endless music; more may be generated."""

    job_id: int
    seconds: float


class ChangePrompt(msgspec.Struct, frozen=True, tag=True):
    """Change the prompt of a job; answered by PromptBegun or ChangeRefused."""

    job_id: int
    change_id: int
    change: PromptChange


class Shutdown(msgspec.Struct, frozen=True, tag=True):
    """End the worker; `refusal`, a sentence as JSON, says why the bot refuses it, if it does."""

    refusal: str = ""


class Hello(msgspec.Struct, frozen=True, tag=True):
    """A worker's first message: its protocol version. Every version can decode it."""

    version: str
    host: str = ""
    """The host name of the worker's machine."""


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The model is loaded and warmed up."""

    info: ModelInfo


class ModelFailed(msgspec.Struct, frozen=True, tag=True):
    """The model can't be loaded; `sentence` (JSON) says why."""

    sentence: str
    is_final: bool = False
    """Whether a restarted worker would fail in the same way."""


class Heartbeat(msgspec.Struct, frozen=True, tag=True):
    """The worker is alive; sent every second."""


class JobProgressed(msgspec.Struct, frozen=True, tag=True):
    """The seconds of new sound that a job has generated."""

    job_id: int
    seconds_done: float
    seconds_total: float | None


class JobAudio(msgspec.Struct, frozen=True, tag=True):
    """The next stretch of a job's sound, at offset `first_sample`."""

    job_id: int
    first_sample: int
    sound: Sound


class PromptBegun(msgspec.Struct, frozen=True, tag=True):
    """The prompt of a job starts to change, at this second of its new sound."""

    job_id: int
    change_id: int
    at_seconds: float


class ChangeRefused(msgspec.Struct, frozen=True, tag=True):
    """A prompt change is refused; `sentence` (JSON) says why."""

    job_id: int
    change_id: int
    sentence: str


class JobFinished(msgspec.Struct, frozen=True, tag=True):
    """A clip is generated, or its stems are decoded; codes are present if the model has stems."""

    job_id: int
    sound: Sound
    seconds_of_work: float
    codes: Codes | None = None
    stems: dict[str, Sound] = msgspec.field(default_factory=dict)


class JobFailed(msgspec.Struct, frozen=True, tag=True):
    """A job failed or was cancelled; `sentence` (JSON) says why, if the person can act on it."""

    job_id: int
    sentence: str | None


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
    """Return the message that starts a job with a request of either kind."""
    if isinstance(request, StemsRequest):
        return SeparateJob(job_id, request)
    return GenerateJob(job_id, request, stream)
