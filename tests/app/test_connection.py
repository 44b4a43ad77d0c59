"""Failures at login: retried, reported as Discord's, and interrupted by a stop."""

from __future__ import annotations

import asyncio
from pathlib import Path

import discord
import pytest

from bot.app.connection import log_in, retry_login
from bot.app.discord_address import point_discord_at
from bot.app.login import explain_failures
from bot.errors import ResourceError
from bot.retry import RetryPolicy
from tests.support.discord_wire.server import TOKEN, open_wire
from tests.support.discord_wire.stage import shorten_pauses

AT_ONCE = RetryPolicy(initial_seconds=0.0, max_seconds=0.0)
ME, APPLICATION = ("GET", "/users/@me"), ("GET", "/oauth2/applications/@me")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    shorten_pauses(monkeypatch)


async def logged_in(stop, retry=AT_ONCE):
    """Log in as `zhiyin run` does, with a new client each time."""

    async def run():
        async with discord.Client(intents=discord.Intents.none()) as client:
            assert await log_in(client, TOKEN, stop) is not stop.is_set()

    await retry_login(run, stop, retry)


@pytest.mark.parametrize("route", [ME, APPLICATION])
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503, "times": 3},
        {"status": 500, "times": 7},
        {"retry_after": 0.01, "is_plain": True, "times": 3},
        {"reset": True, "times": 3},
    ],
)
async def test_login_is_retried_during_an_outage(route, fault, caplog):
    """Server errors, rate limits and broken connections are no error of the bot's."""
    async with open_wire() as wire:
        with point_discord_at(wire.base):
            injected = wire.fail(*route, **fault)
            await logged_in(asyncio.Event())
        assert injected.hits == fault["times"]
    records = [record for record in caplog.records if "discord.trouble" in record.message]
    assert records
    assert all(record.levelname == "WARNING" and not record.exc_info for record in records)
    assert "Discord has trouble" in caplog.text or "Discord can't be reached" in caplog.text


async def test_a_stop_ends_the_wait_and_the_login():
    """Between two tries, and while a request is unanswered."""
    async with open_wire() as wire:
        with point_discord_at(wire.base):
            for fault in ({"status": 503, "times": 99}, {"slow_seconds": 5.0}):
                stop, injected = asyncio.Event(), wire.fail(*ME, **fault)
                never = RetryPolicy(initial_seconds=3600.0, max_seconds=3600.0)
                running = asyncio.create_task(logged_in(stop, never))
                await wire.until(lambda injected=injected: injected.hits)
                stop.set()
                async with asyncio.timeout(60):
                    await running
                wire.faults.clear()


async def test_an_unreachable_server_is_reported():
    """After a few tries: the machine is offline."""
    with point_discord_at("http://127.0.0.1:1"), pytest.raises(OSError, match="127"):
        await logged_in(asyncio.Event())


class BrokenClient(discord.Client):
    """A client whose setup meets a folder that is none."""

    folder: Path

    async def setup_hook(self):
        list(self.folder.iterdir())


async def test_an_error_of_the_machine_is_no_outage(tmp_path):
    """It is told as what it is, and at once: waiting for Discord would not help."""
    BrokenClient.folder = tmp_path / "uploads"
    BrokenClient.folder.touch()
    runs = []

    async def run():
        runs.append(1)
        async with BrokenClient(intents=discord.Intents.none()) as client:
            await log_in(client, TOKEN, asyncio.Event())

    async with open_wire() as wire:
        with (
            point_discord_at(wire.base),
            pytest.raises(NotADirectoryError, match="uploads"),
            explain_failures(),
        ):
            await retry_login(run, asyncio.Event(), AT_ONCE)
    assert runs == [1]


async def test_an_offline_machine_is_explained():
    """The sentence says where to look."""
    with (
        point_discord_at("http://127.0.0.1:1"),
        pytest.raises(ResourceError, match="can't be reached"),
        explain_failures(),
    ):
        await logged_in(asyncio.Event())


async def test_a_refused_token_is_not_retried():
    """The answer would be the same, and too many invalid requests ban the machine."""
    async with open_wire() as wire:
        wire.token = "another one"
        with point_discord_at(wire.base), pytest.raises(discord.LoginFailure):
            await logged_in(asyncio.Event())
        assert len(wire.requests("GET", "/users/@me")) == 1
