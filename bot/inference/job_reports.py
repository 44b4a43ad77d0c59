"""Turn the engine's events into messages to the bot."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from bot import failpoints
from bot.domain.generation import (
    AudioChunk,
    Codes,
    Event,
    Finished,
    Progress,
    PromptChanged,
    Sound,
)
from bot.domain.status import ModelInfo
from bot.i18n.sentence import Sentence, to_json
from bot.inference.connection import Connection
from bot.inference.protocol import (
    ChangeRefused,
    JobAudio,
    JobFinished,
    JobProgressed,
    PromptBegun,
)

log = logging.getLogger("bot.inference.worker")

NEVER_BEGUN = Sentence(
    "These words were never heard: newer ones replaced them, or the music ended first."
)

_PROGRESS_SECONDS = 0.25


@dataclass(slots=True)
class RunningJob:
    """A job that the engine is generating."""

    job_id: int
    started_at: float
    is_streamed: bool
    first_sample: int = 0
    """Offset in the clip of its next audio chunk."""
    reported_at: float = 0.0
    changes: dict[int, int] = field(default_factory=dict)
    """The bot's ids of prompt changes that have not started, by the engine's ids."""


class JobReports:
    """Turns the engine's events into messages."""

    def __init__(self, connection: Connection, info: ModelInfo) -> None:
        """Take the connection to the bot, and the loaded model."""
        self._connection, self._info = connection, info

    def report(self, job: RunningJob, event: Event) -> None:
        """Send the messages for an event of a job."""
        if isinstance(event, Finished):
            self._finish(job, event)
        elif isinstance(event, Progress):
            self._report_progress(job, event)
        elif isinstance(event, AudioChunk):
            self._stream(job, event)
        else:
            self._report_change(job, event)

    def refuse_change(self, job_id: int, change_id: int, reason: Sentence) -> None:
        """Send why a prompt change is refused."""
        self._connection.send(ChangeRefused(job_id, change_id, to_json(reason)))

    def _finish(self, job: RunningJob, event: Finished) -> None:
        worked = time.monotonic() - job.started_at
        log.info("clip.made id=%d sound=%.1fs work=%.1fs", job.job_id, event.sound.seconds, worked)
        codes = None
        if self._info.stems:
            codes = Codes(tokens=event.tokens, fingerprint=self._info.fingerprint)
        stems = dict(event.stems)
        self._connection.send(JobFinished(job.job_id, event.sound, worked, codes, stems))

    def _report_progress(self, job: RunningJob, event: Progress) -> None:
        failpoints.hit("clip.begun", in_worker=True)
        done, total = event.seconds_done, event.seconds_total
        if total is not None and 2 * done >= total:
            failpoints.hit("clip.midway", in_worker=True)
        now = time.monotonic()
        if now - job.reported_at >= _PROGRESS_SECONDS:
            job.reported_at = now
            self._connection.send(JobProgressed(job.job_id, done, total))

    def _report_change(self, job: RunningJob, event: PromptChanged) -> None:
        change_id = job.changes.pop(event.change_id)
        if event.at_seconds is None:
            self.refuse_change(job.job_id, change_id, NEVER_BEGUN)
        else:
            log.info("clip.steered id=%d at=%.2fs", job.job_id, event.at_seconds)
            self._connection.send(PromptBegun(job.job_id, change_id, event.at_seconds))

    def _stream(self, job: RunningJob, chunk: AudioChunk) -> None:
        """Send audio if the job is streamed; its offset is counted in any case."""
        first, job.first_sample = job.first_sample, job.first_sample + chunk.samples.shape[1]
        if job.is_streamed:
            sound = Sound(samples=chunk.samples, sample_rate_hz=self._info.sample_rate_hz)
            self._connection.send(JobAudio(job.job_id, first, sound))
