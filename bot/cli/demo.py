"""The command `zhiyin demo`: the real bot in a simulated Discord, in a browser on this machine.

No token, no account, no network. The store, the worker and the model are the real ones; only
Discord is SimCord's, which is installed with the group `demo`.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app.health import watch_health
from bot.app.wiring import open_pipeline
from bot.config import Config
from bot.domain.jobs import Kind, MessageHandle, Order, RequestOrigin
from bot.domain.limits import Limits
from bot.errors import RequestError, ResourceError
from bot.i18n.sentence import Sentence
from bot.models.locate import look_at_model
from bot.musicgen.checkpoint.inspection import Contents

if TYPE_CHECKING:
    from simcord import Env
    from simcord.preview import Preview

    from bot.app.client import ZhiyinBot

WELCOME = Sentence(
    "**Welcome to the jam.** This is Zhiyin in a Discord that lives on your own "
    "machine.\nType `/music` below and say what you want to hear, such as *90s rock* or "
    "*lo-fi, 80 BPM*; or try `/random`. A first clip comes as soon as the model is loaded: "
    "press **Again**, **Continue** or **Remix** under it."
)

_FIRST_PROMPT = "lo-fi hip hop with electric piano, 80 BPM"
_FIRST_SEED = 7
_PUMP_SECONDS = 0.5
_SETTLE_SECONDS = 60.0
_MOST_PORT = 65535
_INSIDE = "ZHIYIN_DEMO_INSTALLED"


def run(args: argparse.Namespace, config: Config) -> int:
    """Open the demo until it is closed; return the exit code."""
    if importlib.util.find_spec("simcord") is None:
        _install_and_begin_again()
    check_port(args.port)
    contents, licence = look_at_model(config)
    return asyncio.run(_serve(args, config, contents, licence))


def check_port(port: int) -> None:
    """See that the page can have a port, before anything is started for it.

    Raises RequestError for a number that is none, ResourceError where it can't be had.
    """
    if not 0 <= port <= _MOST_PORT:
        raise RequestError(
            Sentence("--port is a number from 0 to {most}, not {port}.", most=_MOST_PORT, port=port)
        )
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise ResourceError(
            Sentence(
                "Port {port} can't be used ({strerror}): close what uses it, perhaps another demo, "
                "or try --port 0, which takes any.",
                port=port,
                strerror=os.strerror(error.errno or 0),
            )
        ) from error


def _install_and_begin_again() -> None:
    """Have uv install the simulated Discord, then run this command once more."""
    # uv tells its children where it lies, which need not be in PATH.
    uv = os.environ.get("UV") or shutil.which("uv")
    checkout = Path(__file__).parents[2]
    if uv is None or os.environ.get(_INSIDE) or not (checkout / "pyproject.toml").exists():
        raise ResourceError(
            Sentence(
                "The demo needs SimCord, a simulated Discord: run `uv run --group demo zhiyin "
                "demo` in a checkout of Zhiyin."
            )
        )
    os.environ[_INSIDE] = "1"
    command = [uv, "run", "--project", str(checkout), "--group", "demo", "zhiyin", *sys.argv[1:]]
    # Blocked signals stay blocked in what takes our place, and a Ctrl-C is to end a download.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.execv(uv, command)  # noqa: S606 - our own arguments


async def _serve(args: argparse.Namespace, config: Config, contents: Contents, licence: str) -> int:
    import simcord

    from bot.app.client import ZhiyinBot

    begun = time.monotonic()
    stop = asyncio.Event()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        folder = args.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pipeline = await stack.enter_async_context(open_pipeline(config, contents, folder=folder))
        health = await stack.enter_async_context(watch_health())
        # What is attached in a simulated Discord is nowhere but in it.
        bot = ZhiyinBot(
            config,
            pipeline,
            health,
            sampling=contents.sampling,
            licence=licence,
            fetch=lambda url, max_bytes: bot.http.get_from_cdn(url),
        )
        env = await stack.enter_async_context(
            simcord.run(bot, check_errors=False, settle_timeout=_SETTLE_SECONDS)
        )
        env.backend.bot_user.name = "Zhiyin"
        pipeline.start(bot.presenter)
        guild = env.create_guild("The jam")
        channel = guild.create_text_channel("music")
        people = [guild.add_member(env.create_user(name)) for name in ("you", "a-friend")]
        page = await stack.enter_async_context(
            env.preview(channel, viewers=people, layout="channel", port=args.port or None)
        )
        await bot.get_partial_messageable(channel.id).send(str(WELCOME))
        await _order_first_clip(bot, guild.id, channel.id, people[0].id, config)
        _tell(Sentence("The demo is open at {url}", url=page.url))
        _tell(Sentence("Open it in your browser. Ctrl-C here ends it."))
        loading = asyncio.create_task(_tell_when_loaded(bot, begun))
        pumping = asyncio.create_task(_pump(env, page, bot))
        ends = {asyncio.create_task(page.wait_closed()), asyncio.create_task(stop.wait())}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in (loading, pumping, *ends):
            task.cancel()
        await asyncio.gather(loading, pumping, *ends, return_exceptions=True)
    _tell(Sentence("Stopped."))
    return 0


async def _order_first_clip(
    bot: ZhiyinBot, guild_id: int, channel_id: int, user_id: int, config: Config
) -> None:
    """Ask for a clip, so that there is one to play with."""
    limits = config.limits
    order = Order(
        key="demo",
        origin=RequestOrigin(user_id=user_id, channel_id=channel_id, guild_id=guild_id),
        kind=Kind.MUSIC,
        seconds=config.generation.default_seconds,
        seed=_FIRST_SEED,
        prompt=_FIRST_PROMPT,
        sampling=bot.sampling,
    )
    allowed = Limits(
        daily_seconds=limits.daily_seconds,
        waiting_per_user=limits.waiting_per_user,
        waiting_per_guild=limits.waiting_per_server,
        waiting=limits.waiting,
    )
    await bot.pipeline.order(order, allowed, MessageHandle())


async def _tell_when_loaded(bot: ZhiyinBot, begun: float) -> None:
    executor = bot.pipeline.executor
    await executor.settled.wait()
    _tell(
        executor.broken
        or Sentence("The model is ready, after {seconds:.0f} s.", seconds=time.monotonic() - begun)
    )


async def _pump(env: Env, page: Preview, bot: ZhiyinBot) -> None:
    """Let the simulated clock run, and show what changes while something is being made."""
    import simcord

    moving = True
    while True:
        await asyncio.sleep(_PUMP_SECONDS)
        # An action of the person at the browser goes first.
        with suppress(simcord.SetupError):
            await env.advance_time(_PUMP_SECONDS)
            was_moving, moving = moving, bot.pipeline.in_flight > 0
            if moving or was_moving:
                await page.refresh()


def _tell(text: Sentence) -> None:
    print(text, flush=True)
