"""Monitoring: metrics at a port, and /admin status."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import time
from pathlib import Path

import aiohttp
import pytest

from bot.app import health, metrics
from bot.errors import ConfigError
from tests.support.simulated_server import open_server, strict

DOCS = Path(__file__).parents[2] / "docs"
HISTOGRAM = {"zhiyin_queue_wait_seconds"}
"""The name of a family, whose samples have longer ones."""


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    strict(monkeypatch)


async def test_metrics_are_current(tmp_path):
    """Jobs by state, seconds by entry, and the engine's state; the documents name the same."""
    async with open_server(tmp_path) as server:
        await server.music(seconds=2.0)
        await server.music(prompt="fail", seconds=1.0)
        server.pipeline.executor.paused = True
        await server.alice.slash(server.channel, "music", prompt="rock", seconds=1.0)
        server.clock.now += 30
        text = (await metrics.render_metrics(server.pipeline, server.bot.health)).decode()
        for line in (
            'zhiyin_jobs{state="delivered"} 1.0',
            'zhiyin_jobs{state="failed"} 1.0',
            'zhiyin_jobs{state="queued"} 1.0',
            'zhiyin_audio_seconds_total{entry="commit"} 2.0',
            'zhiyin_audio_seconds_total{entry="refund"} 1.0',
            "zhiyin_queued_jobs 1.0",
            "zhiyin_queue_oldest_wait_seconds 30.0",
            "zhiyin_model_ready 1.0",
            "zhiyin_worker_restarts_total 0.0",
            'zhiyin_shard_connected{shard="0"} 1.0',
            'zhiyin_shard_servers{shard="0"} 1.0',
        ):
            assert line in text.splitlines()
        server.pipeline.executor.paused = False
    # Dashboard and page use the same names; a counter is `_total`, a histogram `_bucket`.
    known = set(re.findall(r"^(\w+)[{ ]", text, re.MULTILINE))
    for file in ("grafana.json", "metrics.md"):
        named = set(re.findall(r"\b(?:zhiyin|process)_\w*\w\b", (DOCS / file).read_text("utf-8")))
        assert named - known <= HISTOGRAM, file
    in_table = set(
        re.findall(r"^\| `(zhiyin_\w+)", (DOCS / "metrics.md").read_text(), re.MULTILINE)
    )
    ours = {name for name in known if name.startswith("zhiyin_")}
    assert {name for name in ours if not name.startswith("zhiyin_queue_wait_")} <= in_table


async def test_queue_waits_are_a_histogram(tmp_path):
    """Each started clip is counted once, with its wait; waiting ones are not."""
    async with open_server(tmp_path) as server:
        executor, turned = server.pipeline.executor, 0.0
        real = executor._clock
        executor._clock = lambda: real() + turned
        await server.music(seconds=1.0)
        executor.paused = True
        await server.alice.slash(server.channel, "music", prompt="rock", seconds=1.0)
        async with asyncio.timeout(60):
            while not executor.waiting:
                await asyncio.sleep(0.01)
        turned = 100.0
        executor.paused = False
        await server.idle()
        executor.paused = True
        await server.alice.slash(server.channel, "music", prompt="rock", seconds=1.0)
        lines = (
            (await metrics.render_metrics(server.pipeline, health.Health())).decode().splitlines()
        )
        for line in (
            'zhiyin_queue_wait_seconds_bucket{le="60.0"} 1.0',
            'zhiyin_queue_wait_seconds_bucket{le="120.0"} 2.0',
            'zhiyin_queue_wait_seconds_bucket{le="+Inf"} 2.0',
            "zhiyin_queue_wait_seconds_count 2.0",
        ):
            assert line in lines
        (total,) = [line for line in lines if line.startswith("zhiyin_queue_wait_seconds_sum")]
        assert 100.0 <= float(total.split()[1]) <= 120.0
        assert any(line.startswith("process_resident_memory_bytes") for line in lines)
        executor.paused = False


async def test_metrics_are_local_only_and_off_by_default(tmp_path):
    """They are served at the configured port; a used port gives one sentence."""
    async with open_server(tmp_path) as server:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
            with pytest.raises(ConfigError, match="metrics.port"):
                async with metrics.serve_metrics(server.pipeline, health.Health(), port):
                    pass
        async with (
            metrics.serve_metrics(server.pipeline, health.Health(), port),
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/metrics") as answer,
        ):
            assert answer.status == 200
            assert "zhiyin_running_jobs" in await answer.text()
        async with metrics.serve_metrics(server.pipeline, health.Health(), 0):
            with pytest.raises(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1)


async def test_event_loop_lag_is_measured():
    """A blocking call is measured, in whichever task it is."""
    watched = health.Health()
    watching = asyncio.create_task(watched.watch())
    await asyncio.sleep(0)
    begun = time.monotonic()
    while time.monotonic() - begun < 0.8:
        pass
    async with asyncio.timeout(60):
        while watched.lag_seconds < 0.2:
            await asyncio.sleep(0.01)
    watching.cancel()
    assert watched.memory_bytes > 10 * 2**20


def test_the_last_error_is_remembered():
    """In one line, without a traceback."""
    watched = health.Health()
    logger = logging.getLogger("bot.test")
    logger.addHandler(watched)
    logger.propagate = False
    try:
        logger.warning("not this one")
        logger.error("job.failed id=%d", 12)
    finally:
        logger.removeHandler(watched)
        logger.propagate = True
    assert watched.last_error.endswith("job.failed id=12")


async def test_managers_see_how_the_bot_is_doing(tmp_path):
    """Queue, engine and memory; only the bot's owner sees errors."""
    async with open_server(tmp_path) as server:
        await server.music()
        shown = await server.owner.slash(server.channel, "admin status")
        fields = {field.name: field.value for field in shown.response.embeds[0].fields}
        assert fields["Music engine"] == "ready"
        assert fields["Delivered"] == "1"
        assert "ms" in fields["Connection to Discord"]
        assert fields["Last error"] == "none"
        assert shown.ephemeral
