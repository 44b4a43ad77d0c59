"""Apply a worker's messages to the jobs that they are about."""

from __future__ import annotations

from bot.domain.status import ModelInfo
from bot.errors import JobError, RequestError
from bot.i18n.sentence import Sentence, from_json
from bot.inference.audio_stream import StreamedAudio
from bot.inference.pending_job import PendingJob, Rendered, RequestedChange
from bot.inference.protocol import (
    ChangeRefused,
    JobAudio,
    JobFinished,
    JobMessage,
    JobProgressed,
    PromptBegun,
)

CANT_MAKE = Sentence("The music engine could not make this clip. Nothing was charged.")


def apply(message: JobMessage, job: PendingJob, model: ModelInfo) -> None:
    """Update a job from a message of its worker."""
    if isinstance(message, JobProgressed):
        job.done_seconds = message.seconds_done
    elif isinstance(message, JobAudio):
        _pass_on(message, job)
    elif isinstance(message, PromptBegun):
        asked = _answered(message.change_id, job)
        if asked is not None:
            asked.begun.set_result(message.at_seconds)
    elif isinstance(message, ChangeRefused):
        asked = _answered(message.change_id, job)
        if asked is not None:
            asked.begun.set_exception(RequestError(from_json(message.sentence)))
    elif isinstance(message, JobFinished):
        rendered = Rendered(
            sound=message.sound,
            seconds_of_work=message.seconds_of_work,
            model=model,
            codes=message.codes,
            stems=message.stems,
        )
        job.settle(rendered)
    else:
        sentence = CANT_MAKE if message.sentence is None else from_json(message.sentence)
        job.settle(JobError(sentence))


def _pass_on(message: JobAudio, job: PendingJob) -> None:
    sound = message.sound
    job.heard_seconds = (message.first_sample + sound.samples.shape[1]) / sound.sample_rate_hz
    for stream in job.streams:
        stream.push(StreamedAudio(first_sample=message.first_sample, sound=sound))


def _answered(change_id: int, job: PendingJob) -> RequestedChange | None:
    """Remove and return the change that a message answers, if somebody still waits for it."""
    asked = job.changes.pop(change_id, None)
    return None if asked is None or asked.begun.done() else asked
