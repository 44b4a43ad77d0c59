"""What the bot and joined machines agree on, without Ray."""

from __future__ import annotations

import json
import stat
import subprocess

import psutil
import pytest

from bot.cli.worker import refuse_version
from bot.config import Config, WorkerConfig
from bot.errors import ConfigError, ResourceError
from bot.i18n.sentence import Sentence, to_json
from bot.inference.backend import choose_backends
from bot.inference.encoding import version
from bot.inference.ray.cluster import (
    DEVICE_VARIABLE,
    TOKEN_FILE,
    Cluster,
    bot_token,
    environment_without_ray,
    parse_address,
    with_own_device,
    worker_resource,
)
from bot.inference.ray.cluster_view import ClusterView
from bot.inference.ray.node_process import kill_node
from bot.inference.ray.nodes import Machine, Offer, host_of_other_version, labels_of, machine_of
from bot.inference.worker_notices import NOTICES_VARIABLE, Notice, read_notices, write_notice


@pytest.mark.parametrize(
    ("typed", "address"), [("10.0.0.5:7000", "10.0.0.5:7000"), ("attic", "attic:6379")]
)
def test_an_address_has_a_port(typed, address):
    """By default Ray's usual one."""
    assert parse_address(typed) == address


@pytest.mark.parametrize(
    "typed", ["", ":6379", "attic:", "attic:x", "attic:0", "attic:²", " attic:6379"]
)
def test_invalid_addresses_are_refused(typed):
    """The error shows a valid example."""
    with pytest.raises(ConfigError, match="192.168.1.5:6379"):
        parse_address(typed)


def test_the_cluster_token_is_created_once_and_private(tmp_path):
    """Anybody with the token can run programs on every machine."""
    token = bot_token(tmp_path, {})
    assert len(token) == 64
    assert bot_token(tmp_path, {}) == token
    assert stat.S_IMODE((tmp_path / TOKEN_FILE).stat().st_mode) == 0o600
    assert bot_token(tmp_path, {"RAY_AUTH_TOKEN": "from the environment"}) == "from the environment"
    with pytest.raises(ConfigError, match="at least 16"):
        bot_token(tmp_path, {"RAY_AUTH_TOKEN": "short"})


def test_ray_s_processes_get_only_its_token():
    """The bot's secrets, and the thread count that Ray sets for its processes, are left out."""
    ours = {
        "PATH": "/bin",
        "ZHIYIN_TOKEN": "discord's",
        "RAY_AUTH_TOKEN": "old",
        "RAY_ADDRESS": "elsewhere",
        "OMP_NUM_THREADS": "1",
    }
    assert environment_without_ray(ours) == {"PATH": "/bin"}
    given = Cluster(address="attic:6379", token="the cluster's token").environment(ours)
    assert given["RAY_AUTH_TOKEN"] == "the cluster's token"
    assert given["RAY_AUTH_MODE"] == "token"
    assert "ZHIYIN_TOKEN" not in given


def test_a_joined_machine_uses_its_own_device_setting():
    """Whatever the bot's setting; without one of its own, the bot's is used."""
    settings = json.dumps({"config": {"engine": {"device": "auto", "slots": 2}}, "level": 20})
    assert with_own_device(settings, {}) == settings
    changed = json.loads(with_own_device(settings, {DEVICE_VARIABLE: "CPU"}))
    assert changed == {"config": {"engine": {"device": "CPU", "slots": 2}}, "level": 20}


def test_a_bot_without_any_worker_is_refused(tmp_path):
    """Unless machines may join."""
    with pytest.raises(ConfigError, match=r"worker\.count is 0"):
        choose_backends(Config(worker=WorkerConfig(count=0)), tmp_path)
    _, joined = choose_backends(Config(worker=WorkerConfig(count=0, backend="ray")), tmp_path)
    assert joined is not None
    assert choose_backends(Config(), tmp_path)[1] is None


def node(labels=None, resource="zhiyin_worker_0"):
    """A node, as Ray lists it."""
    return {
        "Alive": True,
        "NodeManagerHostname": "attic",
        "Resources": {resource: 1.0},
        "Labels": labels,
    }


def test_what_a_machine_offers_is_read_from_its_labels():
    """A name that Ray refuses is left out; labels of other programs are ignored."""
    offer = Offer(cores=2, memory_bytes=8, factor=1.5, model="starter", precision="int8")
    assert machine_of(node(labels_of(offer))).offer == offer
    elsewhere = Offer(cores=2, model="a/model of=somebody, else")
    assert machine_of(node(labels_of(elsewhere))).offer == Offer(cores=2)
    for labels in (None, {}, {"zhiyin-cores": "many"}):
        assert machine_of(node(labels)).offer == Offer()


def test_a_machine_of_another_version_is_named():
    """Unless one of the same version has joined, or has not left: there may be room on it later."""
    bot, old, own = node(resource="CPU"), node(), node(resource=worker_resource())
    assert host_of_other_version([bot]) == ""
    assert host_of_other_version([bot, old]) == "attic"
    assert host_of_other_version([bot, old, own | {"Alive": False}]) == "attic"
    assert host_of_other_version([bot, old, own]) == ""
    assert host_of_other_version([bot, own]) == ""


def test_machines_serve_only_bots_of_their_version():
    """The machine reports it and leaves; without a bot at the head it waits."""
    cluster = Cluster(address="10.0.0.1:6379", token="a token that nobody could guess")
    refuse_version(ClusterView((Machine(host="den", bot_version=version()),)), cluster)
    refuse_version(ClusterView(()), cluster)
    with pytest.raises(ResourceError, match="another version of Zhiyin"):
        refuse_version(ClusterView((Machine(host="den", bot_version="0"),)), cluster)


def test_worker_failures_are_reported_to_the_machine_s_owner(tmp_path, monkeypatch):
    """Once each; the bot's own machine has no such report."""
    file, sentence = tmp_path / "told", to_json(Sentence("x"))
    monkeypatch.delenv(NOTICES_VARIABLE, raising=False)
    write_notice(sentence)
    assert read_notices(file, 0) == []
    monkeypatch.setenv(NOTICES_VARIABLE, str(file))
    write_notice(sentence)
    write_notice(sentence, is_refusal=True)
    assert read_notices(file, 1) == [Notice(sentence, is_refusal=True)]


def test_a_node_is_killed_with_all_that_it_has_started():
    """Also those of its processes that do not react to a request to end."""
    script = "sleep 600 & echo begun; wait"
    with subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE) as leader:
        assert leader.stdout.readline() == b"begun\n"
        (child,) = psutil.Process(leader.pid).children()
        kill_node(leader.pid)
        child.wait(60)
    kill_node(leader.pid)
