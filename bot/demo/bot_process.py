"""The process that the demo's bot lives in: a bot that is busy keeps nobody from the page."""

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
"""A worker that is just loading its model hears nothing; killing it loses nothing."""
_RESTART = RetryPolicy(initial_seconds=0.5, max_seconds=5.0)
_MOST_FAILURES = 3
_STEADY_SECONDS = 60.0
"""A bot that ran for so long did not fail at its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotSettings:
    """What the bot is started with. `engine` names what its worker opens in place of the model."""

    config: Config
    folder: Path
    address: str
    token: str
    engine: str | None = None

    def as_line(self) -> bytes:
        """Return them as the line that `bot.demo.bot_main` reads."""
        # Of the account in the settings nothing is needed: this is another Discord.
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
    """What the bot tells: a sentence, whether it makes music now, whether it could not start."""

    sentence: Sentence
    is_ready: bool
    has_failed: bool


class BotProcess:
    """A bot: it imports what it needs from the moment it is spawned, and lives once it may."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self._process.pid

    async def begin(self, settings: BotSettings) -> None:
        """Let it live."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(settings.as_line())
            await self._process.stdin.drain()
        except ConnectionError:
            log.debug("demo.bot_gone before it was told its settings")

    async def reports(self) -> AsyncIterator[Report]:
        """Yield what it tells until it ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            try:
                said = json.loads(line)
                sentence = from_json(said.get("failed") or said["told"])
            except (ValueError, KeyError, AttributeError, TypeError):  # what a library printed
                log.debug("demo.bot_said %r", line)
                continue
            yield Report(sentence, bool(said.get("is_ready")), "failed" in said)

    async def wait(self) -> str:
        """Return, once it has ended, how."""
        code = await self._process.wait()
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name

    async def stop(self) -> None:
        """Have it end, by force if it takes long, and return when it is gone."""
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
                # Its decoders too; its workers, in groups of their own, end when it does.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def spawn_bot() -> BotProcess:
    """Start the process of a bot, which waits for its settings. Raises OSError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.demo.bot_main",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # A terminal sends Ctrl-C to its whole group; the demo ends its bot itself.
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
    """Let a bot live, and another one after it if it ends by itself; a cancellation stops it.

    `tell` gets what there is to tell. Raises ResourceError with the bot's own sentence where it
    can't start, and where it ends time and again.
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
