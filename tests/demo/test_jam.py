"""Many people on the demo's page at once, and what may go wrong on their side."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.support.demo_jammers import Jammer, reckon, settle
from tests.support.demo_stage import needs_chromium, open_chromium, open_demo_stage, open_seat

NAMES = ("robin", "maya", "tom")
ACTIONS = 20

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def folder(tmp_path_factory):
    """Where the bot keeps its database."""
    return tmp_path_factory.mktemp("demo")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(folder):
    """The demo."""
    async with open_demo_stage(folder) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    """One browser for all."""
    async with open_chromium() as opened:
        yield opened


async def test_of_what_three_people_do_at_once_nothing_is_lost_or_doubled(stage, browser, folder):
    """Messages, commands and presses, over reloads and broken connections."""
    async with AsyncExitStack() as stack:
        seats = [await stack.enter_async_context(open_seat(stage, browser, n)) for n in NAMES]
        jammers = [Jammer(seat, number) for number, seat in enumerate(seats)]
        await asyncio.gather(*(each.jam(ACTIONS) for each in jammers))
        await settle(stage, jammers)
        assert await reckon(stage, jammers, folder / "zhiyin.db") == []
