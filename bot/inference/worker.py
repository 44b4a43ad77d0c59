"""The worker process, which holds the model: `python -m bot.inference.worker FD SETTINGS`.

It has neither the bot's token nor its database: jobs arrive over a socket, and clips leave over it.
It ends when the bot does.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from bot import failpoints
from bot import log as logs
from bot.config import Config
from bot.config_file import parse
from bot.domain.engine import Engine
from bot.domain.generation import Event, Finished
from bot.domain.request_checks import OVER
from bot.domain.status import ModelInfo
from bot.errors import DeviceError, RequestError, ZhiyinError
from bot.i18n.sentence import Sentence, to_json
from bot.inference.connection import Connection
from bot.inference.encoding import UnusableRequest, version
from bot.inference.job_reports import JobReports, RunningJob
from bot.inference.protocol import (
    AudioTaken,
    CancelJob,
    ChangePrompt,
    EndJob,
    GenerateJob,
    Heartbeat,
    Hello,
    JobFailed,
    ModelFailed,
    Ready,
    SeparateJob,
    Shutdown,
    StreamJob,
    ToWorker,
)
from bot.inference.worker_notices import write_notice

# `__name__` is `__main__` here, so the logger is named explicitly.
log = logging.getLogger("bot.inference.worker")

READY = Sentence("A worker is ready here, with {model} in {precision}.")
UNUSABLE = Sentence("The music engine could not read this request. Nothing was charged.")

JobOrder = GenerateJob | SeparateJob | StreamJob | CancelJob | EndJob | AudioTaken | ChangePrompt

_NICENESS = 5
_HEARTBEAT_SECONDS = 1.0


OpenEngine = Callable[[Config], tuple[Engine, ModelInfo]]
"""Loads the configured model; named as "module:function", so that only a worker imports it."""


class Worker:
    """Runs many jobs at once on the engine, and reports on them."""

    def __init__(self, connection: Connection, engine: Engine, info: ModelInfo) -> None:
        """Take the connection to the bot, and a loaded engine with its model."""
        self._connection, self._engine, self._info = connection, engine, info
        self._jobs: dict[int, RunningJob] = {}
        """By the engine's request id."""
        self._reports = JobReports(connection, info)
        self._heartbeat_at = time.monotonic()

    def run(self) -> None:
        """Work until told to shut down. Raises EOFError when the bot has ended."""
        while True:
            message = self._receive(0.0 if self._is_working else _HEARTBEAT_SECONDS)
            while message is not None:
                if isinstance(message, Shutdown):
                    if message.refusal:
                        write_notice(message.refusal, is_refusal=True)
                    return
                with logs.log_job_id(message.job_id):
                    self._handle(message)
                message = self._receive(0.0)
            if self._is_working:
                for event in self._engine.step():
                    self._report(event)
            self._send_heartbeat()

    @property
    def _is_working(self) -> bool:
        return self._engine.busy and not self._engine.idle

    def _receive(self, timeout_seconds: float) -> ToWorker | None:
        """Return the next message; an unusable request fails its job only."""
        try:
            return self._connection.receive(timeout_seconds)
        except UnusableRequest as error:
            log.error("clip.unusable id=%d %s", error.job_id, error)
            self._connection.send(JobFailed(error.job_id, to_json(UNUSABLE)))
            return None

    def _handle(self, message: JobOrder) -> None:
        if isinstance(message, GenerateJob | SeparateJob):
            self._submit(message)
            return
        ids = [id_ for id_, job in self._jobs.items() if job.job_id == message.job_id]
        if isinstance(message, ChangePrompt):
            self._change_prompt(ids, message)
        for id_ in ids:
            if isinstance(message, StreamJob):
                self._begin_stream(id_)
            elif isinstance(message, AudioTaken):
                self._engine.note_taken(id_, message.seconds)
            elif isinstance(message, EndJob):
                self._engine.end(id_)
            elif isinstance(message, CancelJob):
                self._cancel(id_)

    def _begin_stream(self, id_: int) -> None:
        job = self._jobs[id_]
        if not job.is_streamed:
            job.is_streamed = True
            # Sound generated before the first subscriber counts as read, or the engine would wait.
            self._engine.note_taken(id_, job.first_sample / self._info.sample_rate_hz)

    def _change_prompt(self, ids: Sequence[int], message: ChangePrompt) -> None:
        try:
            if not ids:
                raise RequestError(OVER)
            change_id = self._engine.change_prompt(ids[0], message.change)
        except ZhiyinError as error:
            self._reports.refuse_change(message.job_id, message.change_id, error.sentence)
        else:
            self._jobs[ids[0]].changes[change_id] = message.change_id

    def _submit(self, message: GenerateJob | SeparateJob) -> None:
        try:
            id_ = self._engine.submit(message.request)
        except ZhiyinError as error:
            log.info("clip.refused id=%d %s", message.job_id, type(error).__name__)
            self._connection.send(JobFailed(message.job_id, to_json(error.sentence)))
            return
        except Exception:
            # The request has not started: fail this job only, and keep the running ones.
            log.exception("clip.not_begun id=%d", message.job_id)
            self._connection.send(JobFailed(message.job_id, None))
            return
        is_streamed = isinstance(message, GenerateJob) and message.stream
        self._jobs[id_] = RunningJob(message.job_id, time.monotonic(), is_streamed)

    def _cancel(self, id_: int) -> None:
        job = self._jobs[id_]
        self._engine.cancel(id_)
        del self._jobs[id_]
        log.info("clip.cancelled id=%d", job.job_id)
        self._connection.send(JobFailed(job.job_id, None))

    def _report(self, event: Event) -> None:
        job = self._jobs.get(event.request_id)
        if job is None:
            return
        with logs.log_job_id(job.job_id):
            if isinstance(event, Finished):
                del self._jobs[event.request_id]
            self._reports.report(job, event)

    def _send_heartbeat(self) -> None:
        now = time.monotonic()
        if now - self._heartbeat_at >= _HEARTBEAT_SECONDS:
            self._heartbeat_at = now
            self._connection.send(Heartbeat())


def main(arguments: list[str]) -> int:
    """Load the model and work; return the exit code."""
    # Ctrl-C reaches the whole process group; the bot decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    os.nice(_NICENESS)
    settings: dict[str, Any] = json.loads(arguments[1])
    config = parse(settings["config"])
    level, as_json = settings["level"], config.log.format == "json"
    logs.configure(level, debug=level <= logging.DEBUG, as_json=as_json)
    connection = Connection(int(arguments[0]))
    # The main thread may be busy or stuck in the model when the bot ends.
    threading.Thread(target=_exit_with_the_bot, args=(connection,), daemon=True).start()
    module, _, name = settings["engine"].partition(":")
    failpoints.hit("worker.begun", in_worker=True)
    try:
        connection.send(Hello(version(), socket.gethostname()))
        opener: OpenEngine = getattr(importlib.import_module(module), name)
        try:
            engine, info = opener(config)
        except ZhiyinError as error:
            is_final = isinstance(error, DeviceError)
            write_notice(to_json(error.sentence), is_refusal=is_final)
            connection.send(ModelFailed(to_json(error.sentence), is_final))
            return 1
        failpoints.hit("model.loaded", in_worker=True)
        connection.send(Ready(info))
        write_notice(to_json(READY.fill(model=info.name, precision=info.precision or "?")))
        Worker(connection, engine, info).run()
    except (EOFError, ConnectionError):
        log.info("worker.orphaned")
    return 0


def _exit_with_the_bot(connection: Connection) -> NoReturn:
    connection.wait_for_end()
    os._exit(0)


def run(arguments: list[str]) -> NoReturn:
    """Run `main` and exit the process with its code."""
    try:
        code = main(arguments)
    except Exception:
        log.exception("worker.failed")
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # MindSpore's threads can keep Python's regular exit from finishing.
    os._exit(code)


if __name__ == "__main__":
    run(sys.argv[1:])
