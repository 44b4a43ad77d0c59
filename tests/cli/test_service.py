"""`zhiyin service`: the systemd unit, its installation and its removal."""

from __future__ import annotations

import argparse
import getpass
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.cli import service
from bot.cli.service import Machine
from bot.cli.service_unit import Service, unit_text
from bot.config import Config, DiscordConfig, StorageConfig, WorkerConfig
from bot.config_file import load
from bot.errors import ConfigError, ResourceError

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde." + "x" * 38
SYSTEMD = shutil.which("systemd-analyze") or ""
EXPOSED_AT_MOST = 30
"""Of 100, the highest exposure by `systemd-analyze security`."""


def unit(**changed):
    whole = {
        "program": Path("/bin/true"),
        "config_file": Path("/etc/zhiyin/config.toml"),
        "user": getpass.getuser(),
        "writable": (Path("/srv/zhiyin"), Path("/srv/.cache")),
        "grace_seconds": 30.0,
    }
    return unit_text(Service(**{**whole, **changed}))


def settings_of(text):
    pairs = [line.split("=", 1) for line in text.splitlines() if "=" in line and line[0] != "#"]
    return dict(pairs)


def arguments(action, **given):
    usual = {"user": False, "run_as": getpass.getuser(), "dry_run": False, "config": None}
    return argparse.Namespace(action=action, **{**usual, **given})


@pytest.fixture
def machine(tmp_path):
    """A machine whose `systemctl` records its arguments."""
    log = tmp_path / "told"
    log.touch()
    program = tmp_path / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    program.chmod(0o755)
    return Machine(
        units=tmp_path / "units",
        systemctl=str(program),
        program=Path("/bin/true"),
        is_root=True,
    )


@pytest.mark.skipif(not SYSTEMD, reason="no systemd here")
def test_systemd_verifies_the_unit_and_its_hardening(tmp_path):
    """Also with a folder whose name has spaces, quotes and systemd's specifiers."""
    odd = Path('/srv/my "50 %" $HOME')
    file = tmp_path / "zhiyin.service"
    file.write_text(unit(config_file=odd / "config.toml", writable=(odd, Path("/srv/.cache"))))
    done = subprocess.run([SYSTEMD, "verify", file], capture_output=True, text=True, timeout=300)
    # Older versions don't know two of its keys, and the tests may run as root.
    known = ("RestartSteps", "RestartMaxDelaySec")
    ours = [line for line in done.stderr.splitlines() if str(file) in line]
    assert [line for line in ours if not any(word in line for word in known)] == []
    assert done.returncode == 0
    judged = subprocess.run(
        [SYSTEMD, "security", "--offline=yes", f"--threshold={EXPOSED_AT_MOST}", file],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert judged.returncode == 0, judged.stdout


def test_the_unit_allows_what_the_decoder_s_sandbox_needs():
    """Namespaces, Landlock and processes: the unit's hardening must not disable the sandbox."""
    for text in (unit(), unit(user=None)):
        has = settings_of(text)
        assert set(has["RestrictNamespaces"].split()) == {"user", "ipc", "pid", "net"}
        calls = has["SystemCallFilter"].split()
        # `unshare`, `prctl` and `fork` are in the first.
        assert calls[0] == "@system-service"
        assert {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"} < {*calls}
        assert "~" not in has["SystemCallFilter"]
        # The kernels of the model are compiled here, and the memory is known from /proc.
        assert {"MemoryDenyWriteExecute", "NoExecPaths", "ProcSubset"}.isdisjoint(has)
        assert has["NoNewPrivileges"] == "yes"


def test_the_unit_states_user_command_and_writable_paths():
    """And a stop timeout that covers the configured grace period."""
    has = settings_of(unit(user="robin", grace_seconds=45.0))
    assert has["User"] == "robin"
    assert has["ExecStart"] == "/bin/true run --config /etc/zhiyin/config.toml"
    assert has["ReadWritePaths"] == "/srv/zhiyin /srv/.cache"
    assert has["WorkingDirectory"] == "/srv/zhiyin"
    assert has["TimeoutStopSec"] == "105"
    own = settings_of(unit(user=None))
    assert {"User", "ProtectSystem", "CapabilityBoundingSet"}.isdisjoint(own)
    assert own["WantedBy"] == "default.target"


def test_install_writes_and_starts_the_unit_and_uninstall_removes_it(tmp_path, machine, capsys):
    """Its folders are created with the user's permissions only, and stay."""
    data = tmp_path / "kept" / "data"
    config = Config(
        discord=DiscordConfig(token=TOKEN),
        storage=StorageConfig(folder=str(data)),
        worker=WorkerConfig(grace_seconds=10),
    )
    assert service.run(arguments("install"), config, machine) == 0
    file = machine.units / "zhiyin.service"
    shown = file.read_text()
    assert TOKEN not in shown
    assert data.stat().st_mode & 0o777 == 0o700
    assert "journalctl -u zhiyin" in capsys.readouterr().out
    assert service.run(arguments("show"), config, machine) == 0
    assert capsys.readouterr().out == shown
    assert service.run(arguments("uninstall"), config, machine) == 0
    assert not file.exists()
    assert data.exists()
    assert (tmp_path / "told").read_text().splitlines() == [
        "daemon-reload",
        "enable zhiyin.service",
        "restart zhiyin.service",
        "disable --now zhiyin.service",
        "daemon-reload",
    ]
    assert service.run(arguments("uninstall"), config, machine) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_a_folder_relative_to_the_settings_is_written_in_full(tmp_path, machine, monkeypatch):
    """systemd knows no present folder; one below "~" is the service's user's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text('[storage]\nfolder = "data"\n')
    found = service.describe(arguments("show"), load(), machine)
    assert found.config_file == tmp_path / "config.toml"
    assert found.writable[0] == tmp_path / "data"
    kept = Config(storage=StorageConfig(folder="~/music"))
    assert service.describe(arguments("show"), kept, machine).writable[0] == Path.home() / "music"
    own = Config(storage=StorageConfig(folder=f"~{getpass.getuser()}/music"))
    assert service.describe(arguments("show"), own, machine).writable[0].is_absolute()


def test_a_dry_run_changes_nothing(tmp_path, machine, capsys):
    """It needs neither a token nor root."""
    assert service.run(arguments("install", dry_run=True), Config(), machine) == 0
    assert settings_of(capsys.readouterr().out)["ExecStart"].startswith("/bin/true run")
    assert not machine.units.exists()
    assert (tmp_path / "told").read_text() == ""


@pytest.mark.parametrize(
    ("given", "changed", "config", "sentence"),
    [
        ({}, {"is_root": False}, TOKEN, "takes root: `sudo /bin/true service install`"),
        ({}, {}, "", "put it into .*config.toml as discord.token"),
        ({"run_as": "nobody-of-that-name"}, {}, TOKEN, "no user nobody-of-that-name"),
        ({}, {"systemctl": "/nowhere/systemctl"}, TOKEN, "has no systemd"),
        ({}, {"systemctl": "/bin/false"}, TOKEN, "/bin/false daemon-reload` failed: 1"),
    ],
)
def test_installation_errors_are_explained(tmp_path, machine, given, changed, config, sentence):
    """The sentence says what to do."""
    there = {
        "units": machine.units,
        "systemctl": machine.systemctl,
        "program": machine.program,
        "is_root": True,
    }
    settings = Config(
        discord=DiscordConfig(token=config), storage=StorageConfig(folder=str(tmp_path / "data"))
    )
    with pytest.raises((ConfigError, ResourceError), match=sentence):
        service.run(arguments("install", **given), settings, Machine(**{**there, **changed}))
