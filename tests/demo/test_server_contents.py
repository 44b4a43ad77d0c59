"""Many people on the demo's page at once, and their connection failures."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import expect

from tests.support.demo_jammers import Jammer, find_differences, settle
from tests.support.demo_stage import needs_chromium, open_chromium, open_demo_stage, open_seat
from tests.support.wire_jam import cards, threads

NAMES = ("robin", "maya", "tom")
ACTIONS = 20

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def folder(tmp_path_factory):
    """The bot's database folder."""
    return tmp_path_factory.mktemp("demo")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(folder):
    """The demo."""
    async with open_demo_stage(folder) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    """One browser for all tests."""
    async with open_chromium() as opened:
        yield opened


async def test_concurrent_actions_are_neither_lost_nor_repeated(stage, browser, folder):
    """Messages, commands and presses, over reloads and broken connections."""
    async with AsyncExitStack() as stack:
        seats = [await stack.enter_async_context(open_seat(stage, browser, n)) for n in NAMES]
        jammers = [Jammer(seat, number) for number, seat in enumerate(seats)]
        await asyncio.gather(*(each.jam(ACTIONS) for each in jammers))
        await settle(stage, jammers)
        assert await find_differences(stage, jammers, folder / "zhiyin.db") == []


async def test_two_tabs_of_one_person_show_the_same(stage, browser):
    """An action in one tab appears once in the other; a form opens only in its tab."""
    async with (
        open_seat(stage, browser, "robin") as one,
        open_seat(stage, browser, "robin") as other,
    ):
        for seat in (one, other):
            await seat.go("music")
        await one.box.fill("from the first tab")
        await one.box.press("Enter")
        await expect(other.page.get_by_text("from the first tab")).to_have_count(1)
        asked = await other.types("/music prompt:two tabs seconds:1")
        clip = await stage.until(lambda: asked.message if asked.message.files else None)
        for seat in (one, other):
            await expect(seat.message(clip).locator("audio")).to_have_count(1)
        button = one.message(clip).locator("[data-custom$=':remix']")
        asked = await one.asks(button.click)
        await expect(one.page.get_by_role("dialog")).to_be_visible()
        await expect(other.page.get_by_role("dialog")).to_have_count(0)
        # The form is still there after a reload of its tab.
        await one.page.reload()
        await one.page.locator("dialog [name=words]").fill("as a march")
        asked = await one.asks(one.page.locator("dialog button[type=submit]").click)
        remix = await stage.until(lambda: asked.message if asked.message.files else None)
        await expect(other.message(remix)).to_contain_text("march")


async def test_two_people_jam_from_the_start_to_the_mixdown(stage, browser):
    """One at a desk, one with a phone: both see and can play every turn and the mixdown."""
    phone = {"viewport": {"width": 390, "height": 844}}
    async with (
        open_seat(stage, browser, "robin") as robin,
        open_seat(stage, browser, "maya", **phone) as maya,
    ):
        await robin.go("music")
        asked = await robin.types("/jam start title:Night drive tempo:120 bars:1 longest:20")
        announcement = await stage.until(
            lambda: asked.message if "open" in asked.message.content else None
        )
        (thread,) = threads(stage.discord)
        await robin.message(announcement).get_by_text("Night drive").click()
        announced = stage.channels["music"].messages[thread.id]
        await maya.message(announced).get_by_text("Open thread").click()
        for seat, words in ((robin, "beat"), (maya, "rock")):
            card = await card_saying(stage, thread, "anybody")
            await seat.asks(seat.message(card).locator("[data-custom$=':take']").click)
            await seat.page.locator("dialog [name=words]").fill(words)
            asked = await seat.asks(seat.page.locator("dialog button[type=submit]").click)
            clip = await stage.until(
                lambda asked=asked: asked.message if asked.message.files else 0
            )
            for each in (robin, maya):
                await expect(each.message(clip).locator("audio")).to_have_count(1)
            card = await card_saying(stage, thread, f"Last: <@{seat.person.id}>")
        asked = await maya.asks(maya.message(card).locator("[data-custom$=':hear']").click)
        heard = await stage.until(lambda: asked.message if asked.message.files else None)
        await expect(maya.message(heard).locator("audio")).to_have_count(1)
        await expect(robin.message(heard)).to_have_count(0)
        asked = await robin.asks(robin.message(card).locator("[data-custom$=':close']").click)
        mixdown = await stage.until(lambda: asked.message if asked.message.files else None)
        card = await card_saying(stage, thread, "2 turns by 2 people")
        for each in (robin, maya):
            await expect(each.message(mixdown).locator("audio")).to_have_count(1)
            await expect(each.message(mixdown)).to_contain_text("played by")
            await expect(each.message(card)).to_contain_text("The mixdown is")
            await expect(each.message(card).locator("[data-custom$=':take']")).to_have_count(0)


async def card_saying(stage, thread, words):
    """The card of a jam, once it has this text and no other card is left."""

    def find():
        (card, *others) = cards(thread) or [None]
        is_it = card is not None and words in str(card.payload["embeds"])
        return card if is_it and not others else None

    return await stage.until(find)


@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_no_serious_fault(stage, browser, width):
    """With clips, a command that is being filled in, a menu, a form, and on a phone the drawers.

    In both themes, which differ in their colours alone.
    """
    async with open_seat(
        stage, browser, "tom", viewport={"width": width, "height": 844}, color_scheme="dark"
    ) as seat:
        asked = await seat.types("/music prompt:beat seconds:4")
        clip = await stage.until(lambda: asked.message if asked.message.files else None)
        await expect(seat.message(clip).locator("audio")).to_have_count(1)
        await seat.types("/history")
        await seat.page.evaluate(AXE_FILE_PATH.read_text("utf-8"))
        assert await faults(seat) == []
        await seat.box.fill("/music prompt:")
        await seat.box.fill("/music ")
        await seat.form.wait_for()
        assert await faults(seat) == []
        await seat.form.locator(".command-head button").click()
        await seat.message(clip).locator("time").click(button="right")
        await seat.page.get_by_role("menu").wait_for()
        assert await faults(seat) == []
        await seat.page.keyboard.press("Escape")
        await seat.message(clip).locator("[data-custom$=':remix']").click()
        await seat.page.get_by_role("dialog").wait_for()
        assert await faults(seat) == []
        await seat.page.keyboard.press("Escape")
        if width < 900:
            await seat.page.get_by_role("button", name="Members", exact=True).click()
            assert await faults(seat) == []


async def faults(seat):
    """The serious violations that axe-core finds on the page, in the dark and the light theme."""
    found = await seat.page.evaluate("axe.run({resultTypes: ['violations']})")
    await show_theme(seat, "light")
    colours = "axe.run({resultTypes: ['violations'], runOnly: ['color-contrast']})"
    in_light = await seat.page.evaluate(colours)
    await show_theme(seat, "dark")
    return [
        f"{each['id']}: {[node['html'][:200] for node in each['nodes']][:3]}"
        for each in (*found["violations"], *in_light["violations"])
        if each["impact"] in {"serious", "critical"}
    ]


async def show_theme(seat, theme):
    """Set the system's theme, and wait until the page has it, too."""
    await seat.page.emulate_media(color_scheme=theme)
    await expect(seat.page.locator("html")).to_have_attribute("data-theme", theme)
