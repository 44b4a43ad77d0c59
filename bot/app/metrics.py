"""Prometheus metrics, served on this machine only, if a port is set."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from bot.app.health import Health
from bot.domain.status import ShardStatus, WorkerStatus
from bot.errors import ConfigError
from bot.i18n.sentence import Sentence
from bot.pipeline.service import Pipeline
from bot.store.totals import Totals

_HOST = "127.0.0.1"


class _Snapshot(Collector):
    """A collector that reads the bot's present state."""

    def __init__(self, pipeline: Pipeline, health: Health, totals: Totals) -> None:
        self._executor, self._health, self._totals = pipeline.executor, health, totals

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics."""
        executor, totals = self._executor, self._totals
        jobs = GaugeMetricFamily("zhiyin_jobs", "Jobs by state", labels=["state"])
        for state, count in totals.jobs.items():
            jobs.add_metric([state], count)
        yield jobs
        yield from _gauges(
            {
                "zhiyin_running_jobs": ("Jobs whose clips are being generated", executor.running),
                "zhiyin_queued_jobs": ("Jobs in the queue", executor.waiting),
                "zhiyin_queue_oldest_wait_seconds": (
                    "Wait of the oldest queued job",
                    totals.waited_seconds,
                ),
                "zhiyin_model_ready": ("Whether a model is loaded", float(bool(executor.model))),
                "zhiyin_event_loop_lag_seconds": (
                    "Largest lag of the event loop within a minute",
                    self._health.lag_seconds,
                ),
                "zhiyin_generation_seconds_per_audio_second": (
                    "Seconds of work for a second of audio, for one clip alone",
                    executor.seconds_per_second or 0.0,
                ),
            }
        )
        restarts = CounterMetricFamily("zhiyin_worker_restarts", "Workers that were replaced")
        restarts.add_metric([], executor.restarts)
        yield restarts
        yield from _worker_gauges(executor.workers)
        yield from _shard_gauges(self._health.shards)
        seconds = CounterMetricFamily(
            "zhiyin_audio_seconds", "Seconds of audio by entry of the ledger", labels=["entry"]
        )
        for entry, amount in totals.seconds.items():
            seconds.add_metric([entry], amount)
        yield seconds


def _worker_gauges(workers: Sequence[WorkerStatus]) -> Iterator[Metric]:
    """Yield a row for each worker, labelled by place and machine."""
    labels = ["worker", "host"]
    ready = GaugeMetricFamily("zhiyin_worker_ready", "Whether a worker is ready", labels=labels)
    jobs = GaugeMetricFamily("zhiyin_worker_jobs", "Jobs that a worker has", labels=labels)
    for number, worker in enumerate(workers, start=1):
        ready.add_metric([str(number), worker.host], float(worker.is_ready))
        jobs.add_metric([str(number), worker.host], worker.jobs)
    yield from (ready, jobs)


def _shard_gauges(shards: Sequence[ShardStatus]) -> Iterator[Metric]:
    """Yield a row for each connection to Discord, labelled by number."""
    is_up = GaugeMetricFamily(
        "zhiyin_shard_connected", "Whether a connection to Discord is open", labels=["shard"]
    )
    latency = GaugeMetricFamily(
        "zhiyin_shard_latency_seconds", "How late Discord answers a heartbeat", labels=["shard"]
    )
    servers = GaugeMetricFamily(
        "zhiyin_shard_servers", "Servers that a connection is for", labels=["shard"]
    )
    for shard in shards:
        labels = [str(shard.number)]
        is_up.add_metric(labels, float(shard.is_connected))
        servers.add_metric(labels, shard.servers)
        if shard.latency_seconds is not None:
            latency.add_metric(labels, shard.latency_seconds)
    yield from (is_up, latency, servers)


def _gauges(values: dict[str, tuple[str, float]]) -> Iterator[Metric]:
    for name, (meaning, value) in values.items():
        gauge = GaugeMetricFamily(name, meaning)
        gauge.add_metric([], value)
        yield gauge


async def render_metrics(pipeline: Pipeline, health: Health) -> bytes:
    """Return the present metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Snapshot(pipeline, health, await pipeline.store.totals()))
    registry.register(pipeline.executor.queue_wait_seconds)
    # Memory, processor time, open files and start time of the bot's own process.
    ProcessCollector(registry=registry)
    text: bytes = generate_latest(registry)
    return text


def check_port(port: int) -> None:
    """Raise ConfigError if the metrics can't be served at a port."""
    try:
        socket.create_server((_HOST, port)).close()
    except OSError as error:
        raise _cant_serve(port, error) from error


def _cant_serve(port: int, error: OSError) -> ConfigError:
    return ConfigError(
        Sentence(
            "The metrics can't be served at port {port}: {strerror}. Choose another as "
            "metrics.port.",
            port=port,
            strerror=os.strerror(error.errno) if error.errno else error.strerror,
        )
    )


@asynccontextmanager
async def serve_metrics(pipeline: Pipeline, health: Health, port: int) -> AsyncIterator[None]:
    """Serve the metrics on a local port while the block runs; nothing with port 0.

    Raises ConfigError if the port is taken.
    """
    if port == 0:
        yield
        return

    async def answer(request: web.Request) -> web.Response:
        body = await render_metrics(pipeline, health)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/metrics", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, _HOST, port).start()
        except OSError as error:
            raise _cant_serve(port, error) from error
        yield
    finally:
        await runner.cleanup()
