"""Addresses, tokens, resources and commands shared by bot, relays and machines; imports no Ray."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ConfigError, ResourceError
from bot.i18n.sentence import Sentence
from bot.inference.encoding import version
from bot.private_files import create_private_file

DEFAULT_PORT = 6379
BEAT_SECONDS = 1.0
LOST_SECONDS = 10.0
"""A machine without a heartbeat for this long is given up; Ray itself takes over a minute."""

WORKER_ENDED = 0
"""The exit code of a relay whose remote worker process has ended; with any other code the machine,
Ray or the relay itself has failed, which no job causes."""

DEVICE_VARIABLE = "ZHIYIN_ENGINE_DEVICE"
TOKEN_VARIABLE = "RAY_AUTH_TOKEN"  # noqa: S105 - a name
TOKEN_FILE = "worker_token"  # noqa: S105 - a name
"""File name of the token in the bot's data folder."""

# The minimum that Ray accepts; messages are small.
_OBJECT_STORE_BYTES = 80 * 10**6
_SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """The address of Ray's head, and the token that admits a process."""

    address: str
    """host:port."""
    token: str

    def environment(self, others: Mapping[str, str]) -> dict[str, str]:
        """Return the environment for a Ray process, with token authentication on."""
        return environment_without_ray(others) | {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": self.token,
            "RAY_USAGE_STATS_ENABLED": "0",
            # A leaving machine needs no drain time: its jobs are retried elsewhere.
            "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
        }


def worker_resource() -> str:
    """Return the Ray resource of a machine that runs workers of this protocol version."""
    return f"{WORKER_PREFIX}{version()}"


def bot_resource() -> str:
    """Return the Ray resource of the machine where a bot of this protocol version runs."""
    return f"{BOT_PREFIX}{version()}"


WORKER_PREFIX = "zhiyin_worker_"
BOT_PREFIX = "zhiyin_bot_"
"""Prefixes of resource names; the rest is the protocol version."""


def require_ray() -> None:
    """Raise ResourceError where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise ResourceError(
            Sentence(
                "Workers on other machines need Ray, which is not installed here: "
                "`uv sync --extra ray` (or `pip install 'zhiyin[ray]'`) installs it."
            )
        )


def is_listening(address: str, timeout_seconds: float) -> bool:
    """Return whether a host:port accepts connections."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout_seconds).close()
    except OSError:
        return False
    return True


def parse_address(text: str) -> str:
    """Return an address as host:port. Raises ConfigError if it is invalid."""
    host, _, port = text.rpartition(":") if ":" in text else (text, "", str(DEFAULT_PORT))
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16 or host != host.strip():
        raise ConfigError(
            Sentence(
                '"{address}" is no address of a machine: write it as 192.168.1.5:{port}.',
                address=text,
                port=DEFAULT_PORT,
            )
        )
    return f"{host}:{port}"


def bot_token(folder: Path, environment: Mapping[str, str]) -> str:
    """Return the token of the bot's own cluster, from the environment or its data folder.

    Created if there is none. Raises OSError, and ConfigError for one that is too short.
    """
    if token := environment.get(TOKEN_VARIABLE, "").strip():
        return check_token(token)
    file = folder / TOKEN_FILE
    try:
        create_private_file(file)
    except FileExistsError:
        return check_token(file.read_text("utf-8").strip())
    token = secrets.token_hex(32)
    file.write_text(token + "\n", "utf-8")
    return token


def check_token(token: str) -> str:
    """Return a token. Raises ConfigError if it is too short to be secret."""
    if len(token) < _SHORTEST_TOKEN or not token.isascii():
        raise ConfigError(
            Sentence(
                "The token for workers has at least {n} characters and only ASCII: copy the one "
                "from the file {file} in the bot's data folder.",
                n=_SHORTEST_TOKEN,
                file=TOKEN_FILE,
            )
        )
    return token


def head_command(port: int) -> list[str]:
    """Return the command that starts Ray's head beside the bot."""
    return [
        *_ray_start({bot_resource(): 1}),
        "--head",
        f"--port={port}",
        # No workers are placed on the head: local workers are started without Ray.
        "--num-cpus=0",
        "--include-dashboard=false",
    ]


def joined_command(address: str, workers: int, labels: Mapping[str, str]) -> list[str]:
    """Return the command that joins this machine to a cluster, with room for `workers`.

    The labels describe the machine to others in the cluster.
    """
    shown = ",".join(f"{name}={value}" for name, value in labels.items())
    return [
        *_ray_start({worker_resource(): workers}),
        f"--address={address}",
        f"--labels={shown}",
    ]


def _ray_start(resources: Mapping[str, int]) -> list[str]:
    return [
        sys.executable,
        "-P",
        "-m",
        "ray.scripts.scripts",
        "start",
        "--disable-usage-stats",
        # The log monitor polls ten times a second, and its output is not used.
        "--include-log-monitor=false",
        f"--object-store-memory={_OBJECT_STORE_BYTES}",
        f"--resources={json.dumps(resources)}",
    ]


def environment_without_ray(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without Ray's own variables and without any token."""
    # Ray limits its processes to one thread; a worker is to use all.
    own = ("RAY_", "OMP_NUM_THREADS")
    return {
        name: value
        for name, value in environment.items()
        if "TOKEN" not in name.upper() and not name.startswith(own)
    }


def with_own_device(settings: str, environment: Mapping[str, str]) -> str:
    """Return a worker's settings with the device configured on its own machine, if any."""
    device = environment.get(DEVICE_VARIABLE)
    if device is None:
        return settings
    changed = json.loads(settings)
    changed["config"]["engine"]["device"] = device
    return json.dumps(changed)


def node_process_command(command: Sequence[str]) -> list[str]:
    """Return the command that runs another one and ends it when its starter ends."""
    return [sys.executable, "-P", "-m", "bot.inference.ray.node_process", *command]


def own_environment(cluster: Cluster) -> dict[str, str]:
    """Return this process's environment with what Ray's processes need."""
    return cluster.environment(os.environ)
