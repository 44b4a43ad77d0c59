"""The faults of a soak, and how often each occurs."""

from __future__ import annotations

import asyncio
import resource
import signal
import time

FAULTS = {
    "kill the bot": 3,
    "kill the worker": 4,
    "stop the bot": 1,
    "fill the disk": 2,
    "store, then fail": 3,
    "break off": 3,
    "delete messages": 1,
    "lower the limit": 2,
    "close the gateway": 2,
    "turn the clock": 1,
}


async def cause_fault(kind, bot, dice, tally):
    """Cause a fault."""
    wire = bot.wire
    tally.faults[kind] += 1
    match kind:
        case "kill the bot":
            await bot.end(signal.SIGKILL)
            tally.back_seconds.append(await bot.start())
        case "stop the bot":
            await bot.end(signal.SIGTERM)
            assert bot.exit_code == 0, bot.exit_code
            tally.back_seconds.append(await bot.start())
        case "kill the worker":
            if bot.workers:
                bot.ready.clear()
                begun = time.monotonic()
                bot.workers[0].kill()
                async with asyncio.timeout(120):
                    await bot.ready.wait()
                tally.worker_seconds.append(time.monotonic() - begun)
        case "fill the disk":
            limits = resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, (4096, limits[1]))
            await asyncio.sleep(dice.uniform(1, 4))
            resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, limits)
        case "store, then fail":
            for method, path in (("PATCH", "/webhooks/*"), ("POST", "/channels/*/messages")):
                wire.fail(method, path, status=dice.choice((500, 502, 503)), stored=True, times=5)
        case "break off":
            wire.fail("PATCH", "/webhooks/*", reset=True, stored=dice.random() < 0.5, times=5)
        case "delete messages":
            for channel in wire.channels.values():
                for message in [each for each in channel.seen if not each.files]:
                    wire.removed.append(channel.messages.pop(message.id))
        case "lower the limit":
            limit, wire.upload_limit_bytes = wire.upload_limit_bytes, 24_000
            await asyncio.sleep(dice.uniform(1, 4))
            wire.upload_limit_bytes = limit
        case "close the gateway":
            if wire.gateway.session is not None and wire.gateway.session.socket is not None:
                await wire.gateway.drop()
        case "turn the clock":
            skew = dice.choice((-86_400.0, -3600.0, 0.0, 1200.0, 86_400.0))
            (bot.folder / "skew").write_text(str(skew))
