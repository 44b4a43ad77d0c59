"""Figures for Prometheus, on this machine only, where a port is set for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from math import isinf

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from bot.errors import ConfigError
from bot.i18n.sentence import Sentence
from bot.pipeline.service import Pipeline
from bot.store.totals import Totals

_HOST = "127.0.0.1"


class _Figures(Collector):
    """What is told of one moment."""

    def __init__(self, pipeline: Pipeline, totals: Totals) -> None:
        self._pipeline, self._totals = pipeline, totals

    def collect(self) -> Iterable[Metric]:
        """Yield the figures."""
        executor, health, totals = self._pipeline.executor, self._pipeline.health, self._totals
        jobs = GaugeMetricFamily("zhiyin_jobs", "Jobs by state", labels=["state"])
        for state, count in totals.jobs.items():
            jobs.add_metric([state], count)
        yield jobs
        yield from _gauges(
            {
                "zhiyin_running": ("Clips that are being made", executor.running),
                "zhiyin_waiting": ("Clips in line", executor.waiting),
                "zhiyin_oldest_wait_seconds": (
                    "How long the first in line waits",
                    totals.waited_seconds,
                ),
                "zhiyin_model_ready": ("Whether a model is loaded", float(bool(executor.model))),
                "zhiyin_loop_lag_seconds": ("Worst in the last minute", health.lag_seconds),
                "zhiyin_memory_bytes": ("Of the bot's own process", health.memory_bytes),
                "zhiyin_up_seconds": ("Since the bot began", health.up_seconds),
                "zhiyin_work_per_sound": (
                    "Seconds of work for a second of sound, for one clip alone",
                    executor.seconds_per_second or 0.0,
                ),
            }
        )
        restarts = CounterMetricFamily("zhiyin_worker_restarts", "Workers that were replaced")
        restarts.add_metric([], executor.restarts)
        yield restarts
        waits = HistogramMetricFamily(
            "zhiyin_wait_seconds", "How long clips were in line before they were begun"
        )
        buckets = [
            ("+Inf" if isinf(most) else str(most), float(count))
            for most, count in executor.waits.up_to()
        ]
        waits.add_metric([], buckets, sum_value=executor.waits.total_seconds)
        yield waits
        seconds = CounterMetricFamily(
            "zhiyin_sound_seconds", "Seconds of sound, by what became of them", labels=["entry"]
        )
        for entry, amount in totals.seconds.items():
            seconds.add_metric([entry], amount)
        yield seconds


def _gauges(values: dict[str, tuple[str, float]]) -> Iterator[Metric]:
    for name, (meaning, value) in values.items():
        gauge = GaugeMetricFamily(name, meaning)
        gauge.add_metric([], value)
        yield gauge


async def figures(pipeline: Pipeline) -> bytes:
    """Return the figures of this moment in Prometheus' own text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(pipeline, await pipeline.store.totals()))
    text: bytes = generate_latest(registry)
    return text


@asynccontextmanager
async def told(pipeline: Pipeline, port: int) -> AsyncIterator[None]:
    """Tell the figures at a port of this machine, while the block lasts; nothing at port 0.

    Raises ConfigError where the port is taken.
    """
    if port == 0:
        yield
        return

    async def answer(request: web.Request) -> web.Response:
        body = await figures(pipeline)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/metrics", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, _HOST, port).start()
        except OSError as error:
            raise ConfigError(
                Sentence(
                    "The figures can't be told at port {port}: {strerror}. Choose another as "
                    "metrics.port.",
                    port=port,
                    strerror=error.strerror,
                )
            ) from error
        yield
    finally:
        await runner.cleanup()
