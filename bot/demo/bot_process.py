"""The demo's bot as a process, so that a busy bot does not block the page."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.config import Config
from bot.errors import ResourceError
from bot.i18n.sentence import Sentence, from_json
from bot.retry import RetryPolicy

log = logging.getLogger(__name__)

ENDED = Sentence("Zhiyin ended unexpectedly ({how}) and is started again.")
ENDED_FOR_GOOD = Sentence(
    "Zhiyin ended unexpectedly several times, at last {how}. The same command with --debug shows "
    "why; please report it."
)

_STOP_SECONDS = 1.5
"""A worker loading its model does not react to signals; killing it loses nothing."""
_RESTART = RetryPolicy(initial_seconds=0.5, max_seconds=5.0)
_MOST_FAILURES = 3
_STEADY_SECONDS = 60.0
"""An exit after this long does not count as a failure to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotSettings:
    """Settings of the bot's process. `engine` replaces the model in its worker, for tests."""

    config: Config
    folder: Path
    address: str
    token: str
    engine: str | None = None

    def as_line(self) -> bytes:
        """Return them as the line of JSON that `bot.demo.bot_main` reads."""
        # The account settings are left out: they belong to the real Discord.
        sections = {name: value for name, value in asdict(self.config).items() if name != "discord"}
        settings = {
            "config": sections | {"discord": {"proxy": "none"}},
            "folder": str(self.folder),
            "address": self.address,
            "token": self.token,
            "engine": self.engine,
            "level": logging.getLogger("bot").getEffectiveLevel(),
        }
        return json.dumps(settings).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Report:
    """A status message of the bot: a sentence, whether it is ready, whether it failed to start."""

    sentence: Sentence
    is_ready: bool
    has_failed: bool


class BotProcess:
    """A bot process: it begins its imports when spawned, and waits for `begin` to run."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    async def begin(self, settings: BotSettings) -> None:
        """Send the settings, with which the bot starts."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(settings.as_line())
            await self._process.stdin.drain()
        except ConnectionError:
            log.debug("demo.bot_gone before it was told its settings")

    async def reports(self) -> AsyncIterator[Report]:
        """Yield its reports until it ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            try:
                report = json.loads(line)
                sentence = from_json(report.get("failed") or report["told"])
            except (ValueError, KeyError, AttributeError, TypeError):  # printed by a library
                log.debug("demo.bot_printed %r", line)
                continue
            yield Report(sentence, bool(report.get("is_ready")), "failed" in report)

    async def wait(self) -> str:
        """Wait for its end; return the exit code or signal as text."""
        code = await self._process.wait()
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name

    async def stop(self) -> None:
        """Stop it, by force after a timeout, and return when it has ended."""
        process = self._process
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(_STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                log.info("demo.bot_killed it did not end by itself")
            finally:
                # Its group includes its decoders, not its workers, which end with it.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def spawn_bot() -> BotProcess:
    """Start a bot process, which waits for its settings. Raises OSError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        # Nothing is imported from the present folder: a stranger's bot.py may be there.
        "-P",
        "-m",
        "bot.demo.bot_main",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # A terminal sends Ctrl-C to the whole process group; the demo stops its bot itself.
        start_new_session=True,
    )
    return BotProcess(process)


async def keep_bot(
    bot: BotProcess,
    settings: BotSettings,
    tell: Callable[[Report], None],
    *,
    restart: RetryPolicy = _RESTART,
) -> None:
    """Run a bot until cancelled, and restart it if it ends unexpectedly.

    `tell` is called with each report. Raises ResourceError, with the bot's own sentence, if it
    can't start or ends repeatedly.
    """
    failures = 0
    while True:
        begun = time.monotonic()
        try:
            await bot.begin(settings)
            async for report in bot.reports():
                if report.has_failed:
                    raise ResourceError(report.sentence)
                tell(report)
            how = await bot.wait()
        finally:
            await bot.stop()
        failures = 1 if time.monotonic() - begun > _STEADY_SECONDS else failures + 1
        if failures >= _MOST_FAILURES:
            raise ResourceError(ENDED_FOR_GOOD.fill(how=how))
        tell(Report(ENDED.fill(how=how), is_ready=False, has_failed=False))
        await asyncio.sleep(restart.backoff_seconds(failures))
        bot = await spawn_bot()
