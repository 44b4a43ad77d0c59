"""Checks of `zhiyin doctor` on other machines: who has joined, and open ports."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import psutil

from bot.cli.findings import Finding, Verdict
from bot.config import Config, data_folder
from bot.i18n.sentence import Sentence
from bot.inference.encoding import version
from bot.inference.ray.cluster import (
    TOKEN_FILE,
    TOKEN_VARIABLE,
    Cluster,
    check_token,
    is_listening,
    parse_address,
    require_ray,
)
from bot.inference.ray.cluster_view import ClusterView, query_cluster
from bot.inference.ray.nodes import Machine
from bot.store.folder_lock import is_locked

_ANSWER_SECONDS = 3.0
_LOOK_SECONDS = 30.0
_OTHERS = 0o077
_RAYS = ("raylet", "gcs_server", "ray::", "ray-")
"""Prefixes of the names of Ray's processes."""


def check_machines(config: Config) -> Iterator[Finding]:
    """Check whether machines can join, and which have; nothing if the settings don't allow joining.

    Takes up to 30 s. Raises ZhiyinError for what prevents all machines from joining.
    """
    if config.worker.backend != "ray":
        return
    require_ray()
    token, place = _token(data_folder(config))
    yield from _check_place(place)
    address = _address(config)
    if not is_listening(address, _ANSWER_SECONDS):
        yield _nobody_listens(config, address)
        return
    view = query_cluster(Cluster(address=address, token=token), _LOOK_SECONDS) if token else None
    if view is None:
        yield Finding(
            Verdict.BAD,
            Sentence(
                "Something listens at {address}, but it is no cluster of Ray's, or has another "
                "token than the bot.",
                address=address,
            ),
        )
        return
    yield from _describe(view, config, address, place)


def _token(folder: Path) -> tuple[str, Path | None]:
    """Return the token, "" if none exists yet, and its file, None if it is in the environment.

    Raises ZhiyinError for an invalid token.
    """
    if token := os.environ.get(TOKEN_VARIABLE, "").strip():
        return check_token(token), None
    file = folder / TOKEN_FILE
    return (check_token(file.read_text("utf-8").strip()) if file.exists() else ""), file


def _check_place(file: Path | None) -> Iterator[Finding]:
    """Report where the token is, and who can read it."""
    ray = metadata.version("ray")
    if file is None:
        yield Finding(
            Verdict.GOOD,
            Sentence(
                "Other machines may make music: Ray {ray} is installed, and the token comes from "
                "{variable}.",
                ray=ray,
                variable=TOKEN_VARIABLE,
            ),
        )
    elif not file.exists():
        yield Finding(
            Verdict.GOOD,
            Sentence(
                "Other machines may make music: Ray {ray} is installed, and the bot makes a token "
                "for them when it starts, in {file}.",
                ray=ray,
                file=file,
            ),
        )
    elif file.stat().st_mode & _OTHERS:
        yield Finding(
            Verdict.BAD,
            Sentence(
                "{file} lets one run programs on every machine that has joined, and others on "
                "this machine can read it: `chmod 600 {file}`.",
                file=file,
            ),
        )
    else:
        yield Finding(
            Verdict.GOOD,
            Sentence(
                "Other machines may make music: Ray {ray} is installed, and the token is in "
                "{file}, for the bot's own user alone.",
                ray=ray,
                file=file,
            ),
        )


def _address(config: Config) -> str:
    worker = config.worker
    return parse_address(worker.ray_address or f"127.0.0.1:{worker.ray_port}")


def _nobody_listens(config: Config, address: str) -> Finding:
    if config.worker.ray_address:
        return Finding(
            Verdict.BAD,
            Sentence(
                "Nobody listens at {address} (worker.ray_address): start Ray's head there, or "
                "leave the setting empty, so that the bot starts one.",
                address=address,
            ),
        )
    port = config.worker.ray_port
    if is_locked(data_folder(config)):
        return Finding(
            Verdict.WORSE,
            Sentence(
                "The bot is running, but nothing listens at port {port}, where other machines "
                "join: its log says why.",
                port=port,
            ),
        )
    return Finding(
        Verdict.GOOD,
        Sentence("Other machines can join at port {port} once the bot is running.", port=port),
    )


def _describe(
    view: ClusterView, config: Config, address: str, token_file: Path | None
) -> Iterator[Finding]:
    """Report the open ports, and which machines have joined."""
    if ports := _ports_of_ray():
        yield Finding(
            Verdict.GOOD,
            Sentence(
                "Ray listens on all addresses of this machine, at the ports {ports}: keep them "
                "inside your own network.",
                ports=", ".join(map(str, ports)),
            ),
        )
    for machine in view.joined:
        yield _joined(machine)
    if not view.joined:
        port = address.rpartition(":")[2]
        own = address if config.worker.ray_address else f"{_own_address()}:{port}"
        yield Finding(
            Verdict.WORSE,
            Sentence(
                "No other machine has joined yet. On the other one, with a copy of {file}: "
                "`zhiyin worker --join {address} --token-file {name}`.",
                file=token_file,
                address=own,
                name=TOKEN_FILE,
            )
            if token_file
            else Sentence(
                "No other machine has joined yet. On the other one, with the same {variable}: "
                "`zhiyin worker --join {address}`.",
                variable=TOKEN_VARIABLE,
                address=own,
            ),
        )


def _joined(machine: Machine) -> Finding:
    if machine.worker_version != version():
        return Finding(
            Verdict.WORSE,
            Sentence(
                "{host} has joined with another version of Zhiyin than this one: bring both to "
                "the same one.",
                host=machine.host,
            ),
        )
    offer = machine.offer
    if not (offer.factor and offer.model):
        return Finding(
            Verdict.GOOD,
            Sentence(
                "{host} has joined: {cores} processor cores, {gigabytes:.1f} GB of memory.",
                host=machine.host,
                cores=offer.cores,
                gigabytes=offer.memory_bytes / 1e9,
            ),
        )
    return Finding(
        Verdict.GOOD,
        Sentence(
            "{host} has joined: {cores} processor cores, {gigabytes:.1f} GB of memory, about "
            "{factor:.1f} seconds of music a second with {model} in {precision}.",
            host=machine.host,
            cores=offer.cores,
            gigabytes=offer.memory_bytes / 1e9,
            factor=offer.factor,
            model=offer.model,
            precision=offer.precision or "?",
        ),
    )


def _ports_of_ray() -> list[int]:
    """Return what this machine's Ray processes listen on, as far as this user can see it."""
    ports = set()
    for process in psutil.process_iter():
        try:
            if process.name().startswith(_RAYS):
                found = process.net_connections("tcp")
                ports |= {each.laddr.port for each in found if each.status == psutil.CONN_LISTEN}
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return sorted(ports)


def _own_address() -> str:
    """Return this machine's address on its network, or its name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Sends nothing: it only selects a route.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])
