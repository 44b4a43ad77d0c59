"""What Ray costs: `python -m tests.soak.ray_overhead --clips 16 --seconds 10`.

The same clips are made by a worker of this machine and by one on a machine that has joined, which
is this one as well, in turn and on the same cores, with the built-in model. Told are the ratio of
the times, with what Ray's own processes computed meanwhile, and the memory that a node of Ray's
takes beside its worker: all pages of all its processes, each counted once, that a worker alone
would not have.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import os
import statistics
import time
from collections import Counter, defaultdict
from contextlib import AsyncExitStack

import psutil

from bot.config import Config, EngineConfig, LimitsConfig, WorkerConfig
from bot.domain.generation import GenerationRequest
from bot.inference.executor import Executor
from bot.inference.ray.backend import RayBackend
from bot.inference.ray.cluster import Cluster
from bot.inference.ray.head import RayHead
from tests.support.free_port import free_port
from tests.support.joined_machine import command_of, lent, workers

TOKEN = "a token for a cluster of a single machine"
START_SECONDS = 240.0


@dataclasses.dataclass(frozen=True)
class Overhead:
    """What the two workers took for the same clips."""

    local_seconds: list[float]
    joined_seconds: list[float]
    local_cpu_seconds: float
    """What the worker of this machine computed for each clip."""
    joined_cpu_seconds: float
    node_cpu_seconds: float
    """What Ray's processes of the node computed while its clips were made, for each clip."""
    relay_cpu_seconds: float
    node_mb: float
    """What the node takes beside its worker."""
    node_parts_mb: dict[str, float]
    """What each of its processes takes beside the worker."""
    relay_mb: float
    head_mb: float
    worker_mb: float

    @property
    def ratio(self):
        """How much longer a clip takes through Ray: the median of pairs."""
        pairs = zip(self.joined_seconds, self.local_seconds, strict=True)
        return statistics.median(joined / local for joined, local in pairs)


async def measure(clips, seconds, cores):
    """Make so many clips on either worker, in turn."""
    os.sched_setaffinity(0, cores)
    port = free_port()
    cluster = Cluster(address=f"127.0.0.1:{port}", token=TOKEN)
    head = RayHead(cluster, port)
    config = dataclasses.replace(
        Config(),
        engine=EngineConfig(slots=1),
        limits=LimitsConfig(running_per_user=64),
        worker=WorkerConfig(backend="ray", joined=1),
    )
    alone = dataclasses.replace(config, worker=WorkerConfig())
    joined = dataclasses.replace(config, worker=WorkerConfig(backend="ray", joined=1, count=0))
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(Executor(alone))
        there = await stack.enter_async_context(
            Executor(joined, joined=RayBackend(joined, cluster, head))
        )
        # The head is there before the machine looks for it.
        await head.start()
        node = stack.enter_context(lent(cluster, cores=cores))
        async with asyncio.timeout(START_SECONDS):
            for executor in (here, there):
                await _made(executor, 0, 1.0)
        (worker,) = workers(node)
        own = psutil.Process(here.worker_pids[0])
        rays = [node, *(each for each in node.children(recursive=True) if each != worker)]
        (relay,) = _running("bot.inference.ray.relay")
        local: list[float] = []
        remote: list[float] = []
        pair = ((here, local), (there, remote))
        watched = {"own": [own], "worker": [worker], "node": rays, "relay": [relay]}
        spent: defaultdict[str, float] = defaultdict(float)
        for number in range(1, clips + 1):
            # Whoever comes second finds the caches as the first has left them: in turn.
            for executor, times in pair if number % 2 else reversed(pair):
                before = {name: _cpu_seconds(each) for name, each in watched.items()}
                times.append(await _made(executor, number, seconds))
                for name, each in watched.items():
                    if (name == "own") is (executor is here):
                        spent[name] += _cpu_seconds(each) - before[name]
        alone_mb = _mb([worker])
        parts = {f"{_name(each)} {each.pid}": _mb([worker, each]) - alone_mb for each in rays}
        heads = [
            each
            for each in _running("gcs_server", "--head")
            for each in (each, *each.children(recursive=True))
        ]
        return Overhead(
            local,
            remote,
            spent["own"] / clips,
            spent["worker"] / clips,
            spent["node"] / clips,
            spent["relay"] / clips,
            _mb([worker, *rays]) - alone_mb,
            parts,
            _mb([relay]),
            _mb({each.pid: each for each in heads}.values()),
            alone_mb,
        )


async def _made(executor, number, seconds):
    """Make a clip and return how long that took."""

    async def prepare():
        return GenerationRequest(
            seconds=seconds, seed=number, prompt="90s rock with a driving beat"
        )

    begun = time.perf_counter()
    await executor.submit(number, 1, seconds, prepare).result()
    return time.perf_counter() - begun


def _running(*words):
    """The processes that this one has started with one of these words in their command."""
    all_ = psutil.Process().children(recursive=True)
    return [each for each in all_ if any(word in " ".join(command_of(each)) for word in words)]


def _name(process):
    words = [each for each in command_of(process) if not each.startswith("-")]
    return os.path.basename(words[1] if len(words) > 1 and "python" in words[0] else words[0])


def _mb(processes):
    """The memory that processes take together: what they share, such as libraries, counts once."""
    own, shared = 0, Counter[str]()
    for each in processes:
        for part in each.memory_maps(grouped=True):
            if part.path.startswith("/"):
                own += part.private_dirty
                rest = part.rss - part.private_dirty
                shared[part.path] = max(rest, shared[part.path])
            else:
                own += part.rss
    return (own + sum(shared.values())) / 2**20


def _cpu_seconds(processes):
    """What these processes and those they have buried computed."""
    spent = 0.0
    for each in processes:
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += times.user + times.system
    return spent


def lines(found):
    """Return what was measured, in words."""
    yield (
        f"{len(found.local_seconds)} clips: {statistics.median(found.local_seconds):.3f} s here, "
        f"{statistics.median(found.joined_seconds):.3f} s through Ray: "
        f"{100 * (found.ratio - 1):+.2f} % (median of pairs)"
    )
    ray = found.node_cpu_seconds + found.relay_cpu_seconds
    yield (
        f"processor time of a clip: {found.local_cpu_seconds:.3f} s of the worker here, "
        f"{found.joined_cpu_seconds:.3f} s of the joined one and "
        f"{1000 * found.node_cpu_seconds:.0f} ms in Ray's processes of its node, "
        f"{1000 * found.relay_cpu_seconds:.0f} ms in the relay: "
        f"{100 * ((found.joined_cpu_seconds + ray) / found.local_cpu_seconds - 1):+.2f} %"
    )
    yield (
        f"memory: {found.node_mb:.0f} MB a node beside its worker's {found.worker_mb:.0f}, relay "
        f"{found.relay_mb:.0f}, head {found.head_mb:.0f}"
    )
    for name, mb in sorted(found.node_parts_mb.items(), key=lambda each: -each[1]):
        yield f"  {mb:6.1f} MB {name}"


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.soak.ray_overhead", description=__doc__)
    parser.add_argument("--clips", type=int, default=16, help="on either worker (%(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each (%(default)s)")
    parser.add_argument("--cores", type=int, default=1, help="how many (%(default)s)")
    args = parser.parse_args(arguments)
    found = asyncio.run(measure(args.clips, args.seconds, set(range(args.cores))))
    for line in lines(found):
        print(line)


if __name__ == "__main__":
    main()
