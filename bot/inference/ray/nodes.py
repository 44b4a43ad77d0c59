"""Machines of a Ray cluster, and what each offers, encoded as node labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from bot.inference.ray.cluster import BOT_PREFIX, WORKER_PREFIX, worker_resource

# Ray's syntax of label values.
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine offers; unknown values are 0 or empty."""

    cores: int = 0
    memory_bytes: int = 0
    factor: float = 0.0
    """Seconds of music generated per second."""
    model: str = ""
    precision: str = ""
    device: str = ""
    """MindSpore's name of its device."""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine of a cluster."""

    host: str
    bot_version: str = ""
    """The protocol version of the bot on it; "" without one."""
    worker_version: str = ""
    """The protocol version of its workers; "" without any."""
    offer: Offer = Offer()


def labels_of(offer: Offer) -> dict[str, str]:
    """Return an offer as node labels; values that Ray would reject are left out."""
    texts = {
        "zhiyin-cores": str(offer.cores),
        "zhiyin-memory": str(offer.memory_bytes),
        "zhiyin-factor": f"{offer.factor:.3f}",
        "zhiyin-model": offer.model,
        "zhiyin-precision": offer.precision,
        "zhiyin-device": offer.device,
    }
    return {name: text for name, text in texts.items() if _LABEL.fullmatch(text)}


def machine_of(node: Mapping[str, Any]) -> Machine:
    """Return the machine of a node as Ray lists it; foreign labels are ignored."""
    labels = node.get("Labels") or {}
    texts = {name.removeprefix("zhiyin-"): text for name, text in labels.items()}
    fields = {
        "cores": texts.get("cores", 0),
        "memory_bytes": texts.get("memory", 0),
        "factor": texts.get("factor", 0.0),
        "model": texts.get("model", ""),
        "precision": texts.get("precision", ""),
        "device": texts.get("device", ""),
    }
    try:
        offer = msgspec.convert(fields, Offer, strict=False)
    except msgspec.ValidationError:
        offer = Offer()
    return Machine(
        host=node["NodeManagerHostname"],
        bot_version=_version(node, BOT_PREFIX),
        worker_version=_version(node, WORKER_PREFIX),
        offer=offer,
    )


def machines_of(nodes: Iterable[Mapping[str, Any]]) -> list[Machine]:
    """Return the live machines among all nodes that Ray lists."""
    return [machine_of(each) for each in nodes if each["Alive"]]


def host_of_other_version(nodes: Iterable[Mapping[str, Any]]) -> str:
    """Return the host of a machine with workers of another version.

    "" if there is none, or a machine with workers of this version, which may have room later.
    """
    own = worker_resource().removeprefix(WORKER_PREFIX)
    hosts = {each.worker_version: each.host for each in machines_of(nodes) if each.worker_version}
    return "" if own in hosts else next(iter(hosts.values()), "")


def _version(node: Mapping[str, Any], prefix: str) -> str:
    names = (each for each in node["Resources"] if each.startswith(prefix))
    return next((each.removeprefix(prefix) for each in names), "")
