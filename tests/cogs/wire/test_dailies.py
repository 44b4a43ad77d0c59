"""The daily prompt across kills of the bot's process: posted once, late, or skipped."""

from __future__ import annotations

import asyncio
import signal

from bot import failpoints
from tests.soak.reconciliation import asked
from tests.support.discord_wire.bot_process import BotProcess
from tests.support.discord_wire.server import open_wire

DAY_SECONDS, HOUR_SECONDS = 86_400, 3600
STATES = "SELECT state FROM dailies ORDER BY day"
TURN_WAIT_SECONDS = 60.0


async def states(folder, *wanted):
    """Wait until the prompts of a server are in these states, in the order of their days."""
    async with asyncio.timeout(TURN_WAIT_SECONDS):
        while asked(folder, STATES) != [(each,) for each in wanted]:
            await asyncio.sleep(0.05)


async def test_a_daily_prompt_is_posted_once_despite_kills(tmp_path, monkeypatch):
    """Killed before it was posted, and before that was recorded; a day late it is skipped."""
    folder = tmp_path / "data"
    folder.mkdir()

    async with open_wire() as wire:
        channel, bot = wire.channel("daily"), BotProcess(wire, folder)
        hour = int(wire.clock() // HOUR_SECONDS % 24)

        async def start(seconds, killed_at=None):
            """Start the bot this long after the hour of the first prompt, or a bit later."""
            (folder / "skew").write_text(str(seconds))
            # Discord forgets nonces after minutes, and the bot may be off for longer.
            wire.nonces.clear()
            if killed_at is not None:
                monkeypatch.setenv(failpoints.VARIABLE, f"{killed_at}=kill")
            await bot.start()
            monkeypatch.delenv(failpoints.VARIABLE, raising=False)
            if killed_at is not None:
                assert await bot.end() == -signal.SIGKILL

        try:
            await start(-DAY_SECONDS)
            chosen = {"channel": str(channel.id), "hour": hour, "zone": "UTC"}
            await wire.slash(wire.owner, channel, "admin daily", **chosen)
            await bot.end(signal.SIGKILL)
            await start(0, killed_at="daily.recorded")
            await states(folder, "wished")
            assert channel.seen == []
            # Four hours late is not too late.
            await start(4 * HOUR_SECONDS, killed_at="daily.posted")
            (post,) = channel.seen
            await states(folder, "wished")
            await start(4 * HOUR_SECONDS)
            await states(folder, "posted")
            assert channel.seen == [post]
            await bot.end(signal.SIGKILL)
            await start(DAY_SECONDS, killed_at="daily.recorded")
            await start(2 * DAY_SECONDS)
            await states(folder, "posted", "skipped", "posted")
            assert len(channel.seen) == 2
            assert asked(folder, "SELECT message_id FROM dailies ORDER BY day") == [
                (channel.seen[0].id,), (None,), (channel.seen[1].id,)
            ]  # fmt: skip
        finally:
            await bot.finish()
