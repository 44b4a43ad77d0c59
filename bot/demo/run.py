"""The demo: starts and stops its Discord, page and bot."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.app.signals import stopping
from bot.config import Config
from bot.demo.bot_process import BotProcess, BotSettings, Report, keep_bot
from bot.demo.browser import open_browser
from bot.demo.chat_storage import ChatStorage
from bot.demo.client.access_control import is_loopback
from bot.demo.client.serving import open_site
from bot.demo.client.site import Site
from bot.demo.discord.channels import Channel
from bot.demo.discord.server import serve
from bot.demo.discord.state import Discord
from bot.demo.first_clip import PROMPT, order_first_clip
from bot.demo.ports import USUAL_PORT
from bot.demo.server_contents import FRIENDS, OWNER, people_of, populate
from bot.errors import ConfigError
from bot.i18n.environment import language_of, translations_of
from bot.i18n.sentence import Sentence
from bot.store.folder_lock import describe_failure, lock_folder

OPEN = Sentence("The demo is open at {url}")
OTHER_PORT = Sentence("Port {usual} is taken, perhaps by another demo: this one has {port}.")
COMES_BY_ITSELF = Sentence("Your browser opens it. Ctrl-C here ends it.")
OPEN_IT = Sentence("Open it in your browser. Ctrl-C here ends it.")
WITH_SECRET = Sentence("Whoever has this whole address can do everything there.")
STARTING = Sentence("Zhiyin is starting. Ask for music as soon as it is online.")
IN_USE = Sentence("Another demo runs with the folder {folder}: stop that one, or name another.")

_CHAT = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of the demo."""

    listening: socket.socket
    """The socket of its page."""
    folder: Path | None = None
    is_any_port: bool = True
    """Whether no port was requested."""
    opens_browser: bool = True
    engine: str | None = None
    """A replacement for the model in the worker; for tests."""


async def run_demo(
    config: Config, bot: BotProcess, options: Options, tell: Callable[[Sentence], None]
) -> None:
    """Run the demo until the process is told to stop; `tell` is called with status messages.

    Raises ZhiyinError if it can't start, or if its bot can't run.
    """
    async with AsyncExitStack() as stack:
        stop = stack.enter_context(stopping())
        host, port = options.listening.getsockname()[:2]
        secret = None if is_loopback(host) else secrets.token_urlsafe(24)
        discord = Discord(owner_name=OWNER)
        new_room = await stack.enter_async_context(_open_chat(discord, options.folder))
        # The server's language is that of the terminal.
        language = language_of(os.environ)
        if language is not None:
            discord.guild.locale = language.replace("_", "-")
        people = people_of(discord)
        site = await stack.enter_async_context(
            open_site(discord, people, listening=options.listening, secret=secret)
        )
        if options.is_any_port and port != USUAL_PORT:
            tell(OTHER_PORT.fill(usual=USUAL_PORT, port=port))
        url = site.address_of(OWNER.lower())
        tell(OPEN.fill(url=url))
        if secret is not None:
            tell(WITH_SECRET)
        tell(COMES_BY_ITSELF if options.opens_browser and open_browser(url) else OPEN_IT)

        await stack.enter_async_context(serve(discord))
        folder = options.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="zhiyin-demo-"))
        )
        settings = BotSettings(
            config=config,
            folder=folder,
            address=discord.base,
            token=discord.token,
            engine=options.engine,
        )
        reports: asyncio.Queue[Report] = asyncio.Queue()
        tasks = {
            asyncio.create_task(stop.wait(), name="stop"),
            asyncio.create_task(keep_bot(bot, settings, reports.put_nowait), name="bot"),
            asyncio.create_task(_show_reports(site, reports, tell), name="reports"),
        }
        if new_room is not None:
            words = PROMPT.render(translations_of(os.environ))
            first = order_first_clip(discord, people[FRIENDS[0].lower()], new_room.id, words)
            ordering = asyncio.create_task(first, name="first clip")
            stack.push_async_callback(_end, ordering)
        stack.push_async_callback(_end, *tasks)
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    tell(Sentence("Stopped."))


@asynccontextmanager
async def _open_chat(discord: Discord, folder: Path | None) -> AsyncIterator[Channel | None]:
    """Fill a Discord from a stored chat, or anew; lend the music channel of a new one.

    Raises ConfigError if another demo uses the folder or it can't be used.
    """
    if folder is None:
        yield await populate(discord, translations_of(os.environ))
        return
    chat = ChatStorage(folder / _CHAT)
    async with AsyncExitStack() as stack:
        try:
            stack.enter_context(lock_folder(folder / _CHAT))
            is_kept = chat.load(discord)
        except ConfigError:
            raise ConfigError(IN_USE.fill(folder=folder)) from None
        except OSError as error:
            raise ConfigError(describe_failure(error, folder)) from error
        room = None if is_kept else await populate(discord, translations_of(os.environ))
        keeping = asyncio.create_task(chat.keep(discord), name="chat")
        stack.push_async_callback(_end, keeping)
        yield room


async def _show_reports(
    site: Site, reports: asyncio.Queue[Report], tell: Callable[[Sentence], None]
) -> None:
    """Show the bot's status on the page and in the terminal."""
    await site.show_status(STARTING)
    while True:
        report = await reports.get()
        tell(report.sentence)
        await site.show_status(None if report.is_ready else report.sentence)


async def _end(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
