"""The bot without Discord, as a process: run this module with FOLDER SECONDS [ORDERS].

Store, queue, worker and files are real. Discord is replaced by a file in which each line is a
posted message or a sentence; it outlives every kill. The first two orders are takes in one message,
and all others are of different people. It runs until the queue is empty or for so many seconds, and
ends as at a SIGTERM.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
import sys
from pathlib import Path

from bot.app.wiring import open_pipeline
from bot.config import Config, StorageConfig, WorkerConfig
from bot.domain.jobs import Kind, MessageHandle, Order, RequestOrigin
from bot.domain.limits import Limits
from bot.models.registry import starter_folder
from bot.musicgen.checkpoint.inspection import inspect
from tests.support.bots_own_worker import OwnForkBackend

LIMITS = Limits(daily_seconds=1000, waiting_per_user=50, waiting_per_guild=50, waiting=50)
SECONDS = 1.0


class Notebook:
    """A presenter that writes into a file what people would see."""

    def __init__(self, file):
        self.file = file

    def max_bytes(self, job):
        return job.message.max_bytes

    async def show(self, job, progress):
        """Progress is not recorded."""

    async def post(self, job, clip, posting, *, may_be_posted):
        self._write(job, "clip")
        # An edit of the job's message, which may be repeated.
        return job.message.message_id

    async def show_takes(self, takes):
        """Progress is not recorded."""

    async def post_takes(self, takes, files, *, may_be_posted):
        for take in takes:
            if take.number in files:
                self._write(take.job, "clip")
        return takes[0].job.message.message_id

    async def follow_up(self, job, clip, *, takes=1):
        """Nothing follows."""

    async def post_failure(self, job, sentence, *, may_be_posted):
        self._write(job, str(sentence))

    def _write(self, job, what):
        with self.file.open("a") as file:
            print(json.dumps([job.id, job.message.message_id, what]), file=file, flush=True)
            os.fsync(file.fileno())


def _order(number, first):
    return Order(
        key=str(number),
        origin=RequestOrigin(user_id=100 + first, channel_id=5, guild_id=10),
        kind=Kind.MUSIC,
        seconds=SECONDS,
        seed=440 + number,
        prompt="x",
        group_key=str(first) if first == 0 else None,
    )


async def live(folder, seconds, orders):
    config = dataclasses.replace(
        Config(), storage=StorageConfig(folder=str(folder)), worker=WorkerConfig(silent_seconds=5.0)
    )
    backend = OwnForkBackend(config, engine="tests.support.scripted_worker:open_engine")
    async with open_pipeline(
        config, inspect(starter_folder()), folder=folder, backend=backend
    ) as line:
        await line.resume()
        line.start(Notebook(folder / "posted.jsonl"))
        # A failure of the first job must not prevent the last order.
        line.executor.paused = True
        # The first two are takes in one message.
        for first, *others in ([0, 1], *([number] for number in range(2, orders))):
            together = [_order(number, first) for number in (first, *others)]
            reached = MessageHandle(token="t", expires_at=0.0, message_id=900 + first)
            try:
                if orders:
                    await line.submit_takes(together, LIMITS, reached)
            except Exception:
                logging.exception("not accepted")
        line.executor.paused = False
        try:
            async with asyncio.timeout(seconds):
                await line.idle()
        except TimeoutError:
            await line.drain(1.0)


def main():
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    folder, seconds, *orders = sys.argv[1:]
    asyncio.run(live(Path(folder), float(seconds), int(orders[0]) if orders else 0))


if __name__ == "__main__":
    main()
