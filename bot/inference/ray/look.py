"""Tells who is in a cluster: `python -m bot.inference.ray.look ADDRESS` prints it as JSON.

A process of its own, since Ray leaves threads and a connection behind in whoever asks.
"""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from typing import Any

import msgspec

from bot.inference.encoding import version
from bot.inference.ray.cluster import Cluster, own_environment
from bot.inference.ray.nodes import Machine, machines_of

LOOK_SECONDS = 60.0


class View(msgspec.Struct, frozen=True):
    """Who is in a cluster."""

    machines: tuple[Machine, ...]

    @property
    def bot_versions(self) -> set[str]:
        """Return the versions of the bots there; none with a head that is nobody's."""
        return {each.bot_version for each in self.machines if each.bot_version}

    @property
    def joined(self) -> list[Machine]:
        """Return the machines that make music, of whatever version."""
        return [each for each in self.machines if each.worker_version]

    def has_joined(self) -> bool:
        """Tell whether this machine is among them, with this version."""
        own = (socket.gethostname(), version())
        return own in [(each.host, each.worker_version) for each in self.machines]


def look(cluster: Cluster, seconds: float = LOOK_SECONDS) -> View | None:
    """Return who is in a cluster; None where it can't be reached within a time. Takes seconds."""
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "bot.inference.ray.look", cluster.address],
            env=own_environment(cluster),
            capture_output=True,
            timeout=seconds,
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
    view = View(tuple(machines_of(list_nodes())))
    sys.stdout.write(msgspec.json.encode(view).decode())


if __name__ == "__main__":
    main(sys.argv[1])
