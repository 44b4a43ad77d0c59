"""The process that holds the model: `python -m bot.inference.worker FD SETTINGS`.

Knows neither the bot's token nor its database. What it is to make comes over a socket, and what it
has made goes back over it. It ends when the bot does.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from bot import failpoints
from bot import log as logs
from bot.config import Config
from bot.config_file import parse
from bot.domain.engine import Engine
from bot.domain.generation import Codes, Event, Finished, Progress
from bot.domain.status import ModelInfo
from bot.errors import ZhiyinError
from bot.inference.protocol import (
    Advanced,
    Beat,
    Broken,
    Cancel,
    Failed,
    Line,
    Made,
    Make,
    Ready,
    Stop,
)

# By its own name: as a process's main module it is called something else, which is nobody's log.
log = logging.getLogger("bot.inference.worker")

_NICENESS = 5
_BEAT_SECONDS = 1.0
_PROGRESS_SECONDS = 0.25


OpenEngine = Callable[[Config], tuple[Engine, ModelInfo]]
"""Loads the configured model; named as "module:function", so that only a worker imports it."""


@dataclasses.dataclass(slots=True)
class _Running:
    job_id: int
    begun: float
    told: float = 0.0


class Worker:
    """Makes what it is told to, many at once, and tells of it."""

    def __init__(self, line: Line, engine: Engine, info: ModelInfo) -> None:
        self._line, self._engine, self._info = line, engine, info
        self._running: dict[int, _Running] = {}
        self._beaten = time.monotonic()

    def run(self) -> None:
        """Work until told to stop. Raises EOFError when the bot has gone."""
        while True:
            message = self._line.next(0.0 if self._engine.busy else _BEAT_SECONDS)
            while message is not None:
                if isinstance(message, Stop):
                    return
                with logs.about(message.job_id):
                    self._obey(message)
                message = self._line.next(0.0)
            if self._engine.busy:
                for event in self._engine.step():
                    self._tell(event)
            self._beat()

    def _obey(self, message: Make | Cancel) -> None:
        if isinstance(message, Cancel):
            for id_, running in list(self._running.items()):
                if running.job_id == message.job_id:
                    self._engine.cancel(id_)
                    del self._running[id_]
                    log.info("clip.cancelled id=%d", message.job_id)
                    self._line.send(Failed(message.job_id, None))
            return
        try:
            id_ = self._engine.submit(message.request)
        except ZhiyinError as error:
            log.info("clip.refused id=%d %s", message.job_id, type(error).__name__)
            self._line.send(Failed(message.job_id, error.sentence))
        else:
            self._running[id_] = _Running(message.job_id, time.monotonic())

    def _tell(self, event: Event) -> None:
        running = self._running.get(event.request_id)
        if running is None:
            return
        with logs.about(running.job_id):
            self._tell_of(running, event)

    def _tell_of(self, running: _Running, event: Event) -> None:
        now = time.monotonic()
        if isinstance(event, Finished):
            del self._running[event.request_id]
            worked = now - running.begun
            log.info(
                "clip.made id=%d sound=%.1fs work=%.1fs",
                running.job_id,
                event.sound.seconds,
                worked,
            )
            codes = None
            if self._info.stems:
                codes = Codes(tokens=event.tokens, fingerprint=self._info.fingerprint)
            stems = dict(event.stems)
            self._line.send(Made(running.job_id, event.sound, worked, codes, stems))
        elif isinstance(event, Progress):
            self._advance(running, event, now)

    def _advance(self, running: _Running, event: Progress, now: float) -> None:
        failpoints.hit("clip.begun", in_worker=True)
        if 2 * event.seconds_done >= event.seconds_total:
            failpoints.hit("clip.midway", in_worker=True)
        if now - running.told >= _PROGRESS_SECONDS:
            running.told = now
            done, total = event.seconds_done, event.seconds_total
            self._line.send(Advanced(running.job_id, done, total))

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._beaten >= _BEAT_SECONDS:
            self._beaten = now
            self._line.send(Beat())


def main(arguments: list[str]) -> int:
    """Load the model and work; return the exit code."""
    # The bot decides when to stop; a Ctrl-C in the terminal goes to both.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    os.nice(_NICENESS)
    settings: dict[str, Any] = json.loads(arguments[1])
    config = parse(settings["config"])
    level, as_json = settings["level"], config.log.format == "json"
    logs.configure(level, debug=level <= logging.DEBUG, as_json=as_json)
    line = Line(int(arguments[0]))
    # The main thread may be deep in the model, or stuck there, when the bot goes.
    threading.Thread(target=_leave_with_the_bot, args=(line,), daemon=True).start()
    module, _, name = settings["engine"].partition(":")
    failpoints.hit("worker.begun", in_worker=True)
    opener: OpenEngine = getattr(importlib.import_module(module), name)
    try:
        try:
            engine, info = opener(config)
        except ZhiyinError as error:
            line.send(Broken(error.sentence))
            return 1
        failpoints.hit("model.loaded", in_worker=True)
        line.send(Ready(info))
        Worker(line, engine, info).run()
    except (EOFError, ConnectionError):
        log.info("worker.left_alone")
    return 0


def _leave_with_the_bot(line: Line) -> NoReturn:
    line.wait_for_end()
    os._exit(0)


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except Exception:
        log.exception("worker.failed")
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # MindSpore's threads can keep Python's own way out from ending.
    os._exit(code)
