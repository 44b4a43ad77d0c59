"""What the bot and the machines that join agree on, before Ray comes in."""

from __future__ import annotations

import stat

import pytest

from bot.config import Config, WorkerConfig
from bot.errors import ConfigError
from bot.inference.backend import choose_backends
from bot.inference.ray.cluster import (
    TOKEN_FILE,
    Cluster,
    bot_token,
    environment_without_ray,
    parse_address,
)


@pytest.mark.parametrize(
    ("typed", "address"), [("10.0.0.5:7000", "10.0.0.5:7000"), ("attic", "attic:6379")]
)
def test_an_address_has_a_port(typed, address):
    """Ray's usual one where none is given."""
    assert parse_address(typed) == address


@pytest.mark.parametrize("typed", ["", ":6379", "attic:", "attic:x", "attic:0", " attic:6379"])
def test_what_is_no_address_is_refused(typed):
    """In a sentence that shows one."""
    with pytest.raises(ConfigError, match="192.168.1.5:6379"):
        parse_address(typed)


def test_the_bot_makes_its_token_once_and_keeps_it_to_itself(tmp_path):
    """Whoever has it can run programs on every machine."""
    token = bot_token(tmp_path, {})
    assert len(token) == 64
    assert bot_token(tmp_path, {}) == token
    assert stat.S_IMODE((tmp_path / TOKEN_FILE).stat().st_mode) == 0o600
    assert bot_token(tmp_path, {"RAY_AUTH_TOKEN": "from the environment"}) == "from the environment"
    with pytest.raises(ConfigError, match="at least 16"):
        bot_token(tmp_path, {"RAY_AUTH_TOKEN": "short"})


def test_no_process_of_rays_gets_another_token_and_no_worker_gets_any():
    """Nor the one thread that Ray gives to its own processes."""
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


def test_a_bot_without_any_worker_is_refused(tmp_path):
    """Unless others may join."""
    with pytest.raises(ConfigError, match=r"worker\.count is 0"):
        choose_backends(Config(worker=WorkerConfig(count=0)), tmp_path)
    _, joined = choose_backends(Config(worker=WorkerConfig(count=0, backend="ray")), tmp_path)
    assert joined is not None
    assert choose_backends(Config(), tmp_path)[1] is None
