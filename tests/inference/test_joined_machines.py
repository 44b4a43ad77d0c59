"""What joined machines do, process by process, without a cluster of Ray's."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.inference.protocol import Heartbeat
from bot.inference.ray.backend import JoinedWorker
from bot.inference.ray.cluster import WORKER_ENDED
from bot.inference.worker_process import WorkerProcess
from bot.inference.worker_troubles import MachineLost

ROOT = Path(__file__).parents[2]


def test_a_busy_worker_gets_large_requests_and_one_that_is_told_to_end_is_known():
    """Whole, however long it takes to read them, with the machine's heartbeats going on."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.busy_remote_worker"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        timeout=120,
        check=True,
    )
    assert done.stdout.split() == [b"9.0", b"stopped"]


async def joined_with(code):
    """The bot's end of a relay that ends at once with an exit code."""
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    with theirs:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", f"raise SystemExit({code})", pass_fds=(theirs.fileno(),)
        )
    return JoinedWorker(WorkerProcess(process, reader, writer), Heartbeat())


@pytest.mark.parametrize(("code", "has_left"), [(WORKER_ENDED, False), (1, True), (3, True)])
async def test_a_machine_that_leaves_is_told_from_a_worker_that_ends(code, has_left):
    """Only a worker's end may be the fault of its clips."""
    worker = await joined_with(code)
    assert await worker.receive() == Heartbeat()
    with pytest.raises(EOFError) as ended:
        await worker.receive()
    assert isinstance(ended.value, MachineLost) is has_left
    await worker.kill()
