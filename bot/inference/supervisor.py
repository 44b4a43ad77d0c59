"""Keeps one worker running: starts it, feeds it, listens to it, and replaces it when it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.config import Config
from bot.domain.status import ModelInfo
from bot.errors import JobError
from bot.inference.eta import Pace
from bot.inference.pending import NotToBlame, Rendered, Run, WorkerLost
from bot.inference.protocol import Advanced, Broken, Cancel, Failed, FromWorker, Made, Make, Ready
from bot.inference.worker_process import WorkerProcess
from bot.log import about

log = logging.getLogger(__name__)

CANT_MAKE = "The music engine could not make this clip. Nothing was charged."
CANT_START = "The music engine can't be started on this machine; its owner can see why in the log."
NOT_READY = (
    "The music engine takes too long to get ready. It is tried again; its owner can see more in "
    "the log."
)

_CANCEL_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 60.0


def pause_seconds(failures: int) -> float:
    """Return how long to wait before the next start, after so many failures in a row."""
    # Counted no further than it grows: the power of a night's failures is no number any more.
    grown = 2.0 ** min(failures - 2, 10)
    return min(_LONGEST_PAUSE_SECONDS, grown) if failures > 1 else 0.0


class WorkerSupervisor:
    """A worker's place, from its first start to the bot's end."""

    def __init__(
        self,
        config: Config,
        engine: str,
        pace: Pace,
        clock: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        """Take the settings and what to open; `changed` is called whenever there may be room."""
        self.process: WorkerProcess | None = None
        self.model: ModelInfo | None = None
        self.runs: dict[int, Run] = {}
        self.broken: str | None = None
        self._config, self._engine, self._pace, self._clock = config, engine, pace, clock
        self._changed = changed
        self._failures = 0
        self.starts = 0

    def room(self, most: int) -> bool:
        """Tell whether one more may be made beside what is, `most` in all."""
        return len(self.runs) < most and not any(run.waiting.alone for run in self.runs.values())

    async def keep(self) -> None:
        """Keep a worker there, for ever; the pauses between failures grow."""
        while True:
            self.starts += 1
            try:
                process = await WorkerProcess.start(self._config, self._engine)
            except OSError:
                log.exception("worker.not_started")
                self.broken = CANT_START
                self._changed()
            else:
                await self._attend(process)
            self._failures += 1
            await asyncio.sleep(pause_seconds(self._failures))

    async def give(self, run: Run) -> None:
        """Prepare a run, which has its place already, and hand it to the worker."""
        with about(run.waiting.job_id):
            await self._give(run)

    async def _give(self, run: Run) -> None:
        process = self.process
        try:
            request = await run.prepare()
        except Exception as error:
            run.end(error)
        if run.outcome.done() or process is None or process is not self.process:
            # Cancelled or failed, or the worker died while the job was prepared.
            run.end(NotToBlame("the worker ended before the job began"))
            self._release(run)
            return
        process.send(Make(run.waiting.job_id, request))
        run.begun = self._clock()
        run.started.set()

    async def cancel(self, run: Run) -> None:
        """Have the worker stop a run, and end the worker if it goes on with it."""
        process = self.process
        if process is None or not run.started.is_set():
            return
        process.send(Cancel(run.waiting.job_id))
        try:
            async with asyncio.timeout(_CANCEL_SECONDS):
                await run.left.wait()
        except TimeoutError:
            with about(run.waiting.job_id):
                log.warning("worker.killed pid=%d it went on with a cancelled job", process.pid)
            # Nobody is sent to a worker that is about to go.
            self.model = None
            for other in self.runs.values():
                other.end(NotToBlame("another clip had to be stopped by force"))
            await process.end(kindly=False)

    async def _attend(self, process: WorkerProcess) -> None:
        """Listen to a worker until it ends, one way or the other; its runs end with it."""
        self.process = process
        is_lost = True
        try:
            await self._listen(process)
        except EOFError:
            log.warning("worker.lost pid=%d", process.pid)
        except TimeoutError:
            log.error("worker.silent pid=%d", process.pid)
            if self.model is None:
                self.broken = NOT_READY
                self._changed()
        except asyncio.CancelledError:
            is_lost = False
            raise
        except Exception:
            # Whatever it said, a new one says better: the place is never left empty.
            log.exception("worker.not_understood pid=%d", process.pid)
        finally:
            self.model, self.process = None, None
            for run in list(self.runs.values()):
                run.end(WorkerLost("the worker ended"))
                self._release(run)
            await process.end(kindly=not is_lost)

    async def _listen(self, process: WorkerProcess) -> None:
        """Take in what a worker says. Raises EOFError when it ends, TimeoutError when it hangs."""
        config = self._config.worker
        async with asyncio.timeout(config.load_seconds):
            message = await process.receive()
            while not isinstance(message, (Ready, Broken)):
                message = await process.receive()
        if isinstance(message, Broken):
            self.broken = message.sentence
            self._changed()
            log.error("worker.broken %s", message.sentence)
            raise EOFError
        self.broken, self.model = None, message.info
        log.info("worker.ready pid=%d after=%.1fs", process.pid, message.info.load_seconds)
        self._changed()
        while True:
            # One that is stopped or hangs does not even beat.
            async with asyncio.timeout(config.silent_seconds):
                self._take_in(await process.receive(), message.info)

    def _take_in(self, message: FromWorker, model: ModelInfo) -> None:
        if isinstance(message, Advanced) and (run := self.runs.get(message.job_id)):
            run.done_seconds = message.seconds_done
            if run.begun is not None:
                self._pace.learn(
                    at_once=len(self.runs),
                    work_seconds=self._clock() - run.begun,
                    sound_seconds=message.seconds_done,
                )
        elif isinstance(message, Made) and (run := self.runs.get(message.job_id)):
            self._failures = 0
            rendered = Rendered(
                sound=message.sound,
                seconds_of_work=message.seconds_of_work,
                model=model,
                codes=message.codes,
                stems=message.stems,
            )
            run.end(rendered)
            self._release(run)
        elif isinstance(message, Failed) and (run := self.runs.get(message.job_id)):
            run.end(JobError(message.sentence or CANT_MAKE))
            self._release(run)

    def _release(self, run: Run) -> None:
        # The same job may be here again already, with a run of its own.
        if self.runs.get(run.waiting.job_id) is run:
            del self.runs[run.waiting.job_id]
        run.left.set()
        self._changed()
