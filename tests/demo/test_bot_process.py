"""The process of the demo's bot."""

from __future__ import annotations

import asyncio
import os
import signal

import psutil
import pytest

from bot.config import Config, ModelConfig, WorkerConfig
from bot.demo.bot_process import BotSettings, Report, keep_bot, spawn_bot
from bot.demo.discord.server import open_discord
from bot.errors import ResourceError
from bot.retry import RetryPolicy

SCRIPTED = "tests.support.scripted_worker:open_engine"
AT_ONCE = RetryPolicy(initial_seconds=0.01, max_seconds=0.01)


def settings(discord, folder, config=None):
    return BotSettings(
        config=config or Config(),
        folder=folder,
        address=discord.base,
        token=discord.token,
        engine=SCRIPTED,
    )


async def until(is_so):
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_a_killed_bot_is_restarted_and_a_stop_leaves_no_process(tmp_path):
    """The page shows a sentence; a stop ends the worker, too."""
    reports: list[Report] = []
    others = set(psutil.Process().children(recursive=True))
    async with open_discord() as discord:
        bot = await spawn_bot()
        task = asyncio.create_task(
            keep_bot(bot, settings(discord, tmp_path), reports.append, restart=AT_ONCE)
        )
        await until(lambda: discord.gateway.is_connected and reports)
        assert [each.is_ready for each in reports] == [True]
        os.kill(bot.pid, signal.SIGKILL)
        await until(lambda: len(reports) == 3 and discord.gateway.is_connected)
        assert "ended unexpectedly (SIGKILL)" in str(reports[1].sentence)
        assert reports[2].is_ready
        children = set(psutil.Process().children(recursive=True)) - others
        assert len(children) >= 2
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        _, alive = psutil.wait_procs(children, timeout=60)
        assert alive == []


async def test_it_runs_as_configured_for_a_server_with_other_machines(tmp_path):
    """One worker of its own, and no Ray, whose head would be left for others to join."""
    config = Config(worker=WorkerConfig(backend="ray", count=0))
    reports: list[Report] = []
    async with open_discord() as discord:
        bot = await spawn_bot()
        task = asyncio.create_task(
            keep_bot(bot, settings(discord, tmp_path, config), reports.append)
        )
        await until(lambda: reports or task.done())
        started = [each.cmdline() for each in psutil.Process(bot.pid).children(recursive=True)]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [each.is_ready for each in reports] == [True]
    (worker,) = started
    assert "bot.inference.worker" in worker


async def test_modules_of_the_present_folder_are_not_run(tmp_path, monkeypatch):
    """Where somebody keeps a bot of their own: neither the bot nor its worker imports it."""
    for name in ("bot", "asyncio", "msgspec"):
        (tmp_path / f"{name}.py").write_text("open(__file__ + '.ran', 'w').close()\n")
    data = tmp_path / "data"
    data.mkdir()
    reports: list[Report] = []
    monkeypatch.chdir(tmp_path)
    async with open_discord() as discord:
        bot = await spawn_bot()
        task = asyncio.create_task(
            keep_bot(bot, settings(discord, data), reports.append, restart=AT_ONCE)
        )
        await until(lambda: reports or task.done())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert list(tmp_path.glob("*.ran")) == []
    assert [each.is_ready for each in reports] == [True]


async def test_a_bot_that_can_t_start_says_why(tmp_path):
    """Once: another try would fail in the same way."""
    config = Config(model=ModelConfig(name=str(tmp_path)))
    async with open_discord() as discord:
        bot = await spawn_bot()
        with pytest.raises(ResourceError, match="config.json"):
            await keep_bot(bot, settings(discord, tmp_path, config), lambda report: None)
