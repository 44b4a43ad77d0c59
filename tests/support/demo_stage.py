"""The demo for tests: a small Discord with its page, the real bot, and people in a browser.

All run in the test's event loop except the worker, whose engine does what the prompt says. Nothing
waits for a fixed time: a step ends when the Discord has processed it and the page shows it.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from playwright.async_api import async_playwright

from bot.app.client import ZhiyinBot, run_bot
from bot.app.discord_address import point_discord_at
from bot.app.health import Health
from bot.app.wiring import open_pipeline
from bot.config import Config, GenerationConfig, LimitsConfig
from bot.demo.client.serving import open_site
from bot.demo.discord.interactions import InteractionType
from bot.demo.discord.server import serve
from bot.demo.discord.state import Discord
from bot.demo.server_contents import OWNER, people_of, populate
from tests.support.drawn_seeds import DrawnSeeds
from tests.support.forked_worker import ForkedBackend
from tests.support.starter_contents import starter_contents

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""The headless browser if installed, which needs half the time of the other."""

SCRIPTED = "tests.support.scripted_worker:open_engine"
PATIENCE_SECONDS = 120.0

needs_chromium = pytest.mark.skipif(
    not CHROMIUM, reason="needs Chromium: apt install chromium-headless-shell"
)

CONFIG = replace(
    Config(),
    limits=LimitsConfig(
        daily_seconds=5000.0, max_daily_seconds=9000.0, waiting_per_user=50, waiting_per_server=200
    ),
    generation=GenerationConfig(default_seconds=1.0),
)


@dataclass
class DemoStage:
    """The demo's Discord with its page and the bot."""

    discord: Discord
    site: object
    bot: ZhiyinBot
    people: dict
    channels: dict

    @property
    def pipeline(self):
        return self.bot.pipeline

    @property
    def store(self):
        return self.bot.pipeline.store

    async def until(self, find, explain=lambda: ""):
        """Wait until a condition returns something, checked at each loop turn; return that."""
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while not (found := find()):
            assert time.monotonic() < ends_at, f"it did not come: {explain()}"
            await asyncio.sleep(0.005)
        return found

    def asked_by(self, person):
        """Return somebody's interactions without autocompletion, in order."""
        kinds = {InteractionType.COMMAND, InteractionType.COMPONENT, InteractionType.MODAL}
        all_ = self.discord.interactions.values()
        return [each for each in all_ if each.user is person and each.type in kinds]


@asynccontextmanager
async def open_demo_stage(folder, *, config=CONFIG, engine=SCRIPTED):
    """Open it, and return when the bot is connected."""
    contents = starter_contents()
    async with AsyncExitStack() as stack:
        discord = Discord(owner_name=OWNER)
        # On a busy machine three browsers and the bot share a processor.
        discord.ack_seconds = PATIENCE_SECONDS
        await populate(discord)
        people = people_of(discord)
        await stack.enter_async_context(serve(discord))
        site = await stack.enter_async_context(open_site(discord, people))
        stack.enter_context(point_discord_at(discord.base))
        pipeline = await stack.enter_async_context(
            open_pipeline(
                config, contents, folder=folder, backend=ForkedBackend(config, engine=engine)
            )
        )
        bot = ZhiyinBot(
            config,
            pipeline,
            Health(),
            sampling=contents.sampling,
            licence="Apache-2.0",
            draw_seed=DrawnSeeds(),
        )
        channels = {each.name: each for each in discord.channels.values()}
        stage = DemoStage(discord, site, bot, people, channels)
        stop = asyncio.Event()
        running = asyncio.create_task(run_bot(bot, discord.token, stop), name="the bot")
        try:
            await stage.until(lambda: running.done() or discord.gateway.is_connected)
            await stage.until(lambda: running.done() or bot.is_ready())
            yield stage
        finally:
            stop.set()
            await running


@asynccontextmanager
async def open_chromium():
    """Open one browser, for any number of people."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        try:
            yield browser
        finally:
            await browser.close()


class Seat:
    """A person at a page."""

    def __init__(self, stage, name, page):
        self.stage, self.name, self.page = stage, name, page
        self.person = stage.people[name]

    @property
    def box(self):
        """The input box of messages and commands."""
        return self.page.locator(".composer textarea")

    @property
    def form(self):
        """The form of the command that is being filled in."""
        return self.page.locator(".command-form")

    async def go(self, channel):
        """Open a channel by its name."""
        button = self.page.locator(f".entry[data-channel='{self.stage.channels[channel].id}']")
        await button.click()
        await self.page.locator(
            f".entry.open[data-channel='{self.stage.channels[channel].id}']"
        ).wait_for()

    async def asks(self, do):
        """Do something on the page that is an interaction; return it when it is answered."""
        before = len(self.stage.asked_by(self.person))
        await do()
        await self.stage.until(lambda: len(self.stage.asked_by(self.person)) > before)
        (asked,) = self.stage.asked_by(self.person)[before:]
        await self.stage.until(lambda: asked.answered_at or asked.has_failed)
        assert not asked.has_failed, "the bot did not answer"
        return asked

    async def types(self, line):
        """Type a whole command and run it; return the interaction."""

        async def do():
            await self.box.fill(line)
            await self.box.press("Enter")
            # For a command name without options it takes the suggestion first, as Discord does.
            if await self.form.is_visible():
                await self.page.keyboard.press("Enter")

        return await self.asks(do)

    def message(self, message):
        """Return the element of a message."""
        return self.page.locator(f"#message-{message.id}")


SHOWN = """() => {
    const text = (selector) => document.querySelector(selector)?.innerText;
    return {
        page: { ...document.body.dataset },
        banner: text(".banner"),
        written: document.querySelector(".composer textarea")?.value,
        composer: text(".composer"),
        messages: [...document.querySelectorAll("li.message")].slice(-3).map((it) => it.innerText),
    };
}"""


async def describe(name, page, errors):
    """Describe what somebody's page shows, for a failed test."""
    return f"{name} sees {await page.evaluate(SHOWN)}; errors of the page: {errors}"


@asynccontextmanager
async def open_seat(stage, browser, name, *, ready="li.message", **options):
    """Open the page for somebody, with the introduction completed."""
    size = {"viewport": {"width": 1280, "height": 900}}
    context = await browser.new_context(**(size | {"reduced_motion": "reduce"} | options))
    await context.add_init_script(
        "try { localStorage['zhiyin.guide'] = '{\"isOver\":true}' } catch {}"
    )
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    page = await context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    try:
        await page.goto(stage.site.address_of(name))
        await page.locator(ready).first.wait_for()
        yield Seat(stage, name, page)
    except Exception as error:
        error.add_note(await describe(name, page, errors))
        raise
    finally:
        await context.close()
    assert errors == []
