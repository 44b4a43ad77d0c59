"""Tells who is in a cluster: `python -m bot.inference.ray.look ADDRESS` prints it as JSON.

A process of its own, since Ray leaves threads and a connection behind in whoever asks.
"""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
from typing import Any

import msgspec

from bot.inference.ray.cluster import BOT_PREFIX, Cluster, own_environment, worker_resource

_LOOK_SECONDS = 60.0


class View(msgspec.Struct, frozen=True):
    """Who is in a cluster."""

    bot_versions: tuple[str, ...]
    """The versions of the messages of the bots there; none with a head that is nobody's."""
    hosts: tuple[str, ...]
    """The machines that have joined, with room for workers of this version."""

    def has_joined(self) -> bool:
        """Tell whether this machine is among them."""
        return socket.gethostname() in self.hosts


def look(cluster: Cluster) -> View | None:
    """Return who is in a cluster; None where it can't be reached. Takes seconds."""
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "bot.inference.ray.look", cluster.address],
            env=own_environment(cluster),
            capture_output=True,
            timeout=_LOOK_SECONDS,
            check=False,
        )
        return msgspec.json.decode(done.stdout, type=View) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, msgspec.DecodeError):
        return None


def main(address: str) -> None:
    """Print who is in the cluster at an address."""
    import ray

    ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
    list_nodes: Any = ray.nodes
    nodes: list[dict[str, Any]] = [each for each in list_nodes() if each["Alive"]]
    bots = {name for each in nodes for name in each["Resources"] if name.startswith(BOT_PREFIX)}
    view = {
        "bot_versions": sorted(name.removeprefix(BOT_PREFIX) for name in bots),
        "hosts": [
            each["NodeManagerHostname"] for each in nodes if worker_resource() in each["Resources"]
        ],
    }
    sys.stdout.write(json.dumps(view))


if __name__ == "__main__":
    main(sys.argv[1])
