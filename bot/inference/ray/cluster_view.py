"""List the machines of a Ray cluster: `python -m bot.inference.ray.cluster_view ADDRESS`, as JSON.

It runs as its own process, since Ray leaves threads and a connection behind in the process that
connects.
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

QUERY_TIMEOUT_SECONDS = 60.0


class ClusterView(msgspec.Struct, frozen=True):
    """The machines of a cluster."""

    machines: tuple[Machine, ...]

    @property
    def bot_versions(self) -> set[str]:
        """Return the protocol versions of the bots in the cluster; a head alone has none."""
        return {each.bot_version for each in self.machines if each.bot_version}

    @property
    def joined(self) -> list[Machine]:
        """Return the machines that offer workers, of any protocol version."""
        return [each for each in self.machines if each.worker_version]

    def has_joined(self) -> bool:
        """Return whether this machine offers workers of this protocol version."""
        own = (socket.gethostname(), version())
        return own in [(each.host, each.worker_version) for each in self.machines]


def query_cluster(cluster: Cluster, seconds: float = QUERY_TIMEOUT_SECONDS) -> ClusterView | None:
    """Return the machines of a cluster, or None if it can't be reached within `seconds`.

    Blocks for a few seconds while the subprocess connects.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-P", "-m", "bot.inference.ray.cluster_view", cluster.address],
            env=own_environment(cluster),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
        return msgspec.json.decode(done.stdout, type=ClusterView) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, msgspec.DecodeError):
        return None


def main(address: str) -> None:
    """Print the machines of the cluster at an address."""
    import ray

    ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
    list_nodes: Any = ray.nodes
    view = ClusterView(tuple(machines_of(list_nodes())))
    sys.stdout.write(msgspec.json.encode(view).decode())


if __name__ == "__main__":
    main(sys.argv[1])
