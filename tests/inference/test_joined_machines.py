"""What joined machines do, process by process, without a cluster of Ray's."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.inference.protocol import Heartbeat
from bot.inference.ray.backend import JoinedWorker
from bot.inference.ray.cluster import LOST_SECONDS, WORKER_ENDED, Cluster
from bot.inference.ray.head import NO_HEAD, RayHead
from bot.inference.ray.relay import HeartbeatTimer
from bot.inference.worker_process import WorkerProcess
from bot.inference.worker_troubles import CannotStart, MachineLost
from tests.support.free_port import free_port

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


class StubbornHead(RayHead):
    """A head whose process does not end when asked."""

    spawned: asyncio.subprocess.Process | None = None

    def __init__(self, port):
        super().__init__(Cluster(address=f"127.0.0.1:{port}", token=""), port, stop_seconds=0.01)
        self.program = (
            "import signal, socket, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            f"server = socket.create_server(('127.0.0.1', {port}))\n"
            "time.sleep(3600)"
        )

    async def _spawn(self):
        self.spawned = await asyncio.create_subprocess_exec(
            sys.executable, "-c", self.program, stdin=asyncio.subprocess.PIPE
        )
        return self.spawned


async def test_another_program_s_server_is_not_taken_for_the_head(caplog):
    """The port is taken: nothing is started, and people and log say so."""
    async with await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0
    ) as other:
        port = other.sockets[0].getsockname()[1]
        head = StubbornHead(port)
        with pytest.raises(CannotStart) as error:
            await head.start()
    assert error.value.sentence == NO_HEAD.fill(port=port)
    assert f"ray.port_taken port={port}" in caplog.text
    assert head.spawned is None


async def test_a_head_that_does_not_stop_is_killed(caplog):
    """The log says so, and whoever stops it goes on: a bot that ends has not crashed."""
    head = StubbornHead(free_port())
    await head.start()
    await head.stop()
    assert head.spawned.returncode == -signal.SIGKILL
    assert "ray.head_killed" in caplog.text


def test_a_relay_that_stood_still_blames_no_machine():
    """What came meanwhile is read first; a machine is lost after so many seconds of waiting."""
    life = HeartbeatTimer()
    assert life.note_wait(10 * LOST_SECONDS) == 0.0
    life.reset()
    assert life.note_wait(10 * LOST_SECONDS) < LOST_SECONDS / 2
    life.reset()
    waits = 0
    while life.note_wait(1.0) < LOST_SECONDS:
        waits += 1
    assert waits == int(LOST_SECONDS) - 1
