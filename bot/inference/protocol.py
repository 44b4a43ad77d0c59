"""The messages between the bot and a worker: a closed set, which `encoding` turns into bytes.

A worker's first message is Hello with its version of the set; only one of the bot's own version is
heard further.
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
    """End the worker; the sentence (JSON) says why the bot has no use for it, where it has none."""

    refusal: str = ""


class Hello(msgspec.Struct, frozen=True, tag=True):
    """A worker's first message: its version of this set. Every version can decode it."""

    version: str
    host: str = ""
    """The name of the machine where it is."""


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The model is loaded and warm."""

    info: ModelInfo


class ModelFailed(msgspec.Struct, frozen=True, tag=True):
    """The model can't be loaded, for this reason."""

    sentence: str
    is_final: bool = False
    """Whether no later worker could load it either, until something is changed."""


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
