"""`zhiyin invite`, `zhiyin paths` and `zhiyin backup`."""

from __future__ import annotations

import argparse
import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.app.discord_token import TOKEN_VARIABLE
from bot.app.invitation import INVITED, id_in_token
from bot.cli import backup, invite, paths
from bot.config import Config, DiscordConfig, StorageConfig
from bot.errors import ConfigError, OutputError

ID = 1234567890123456789


def token_of(number):
    first = base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")
    return f"{first}.Gabcde." + "x" * 38


def printed(capsys, config, given=None):
    assert invite.run(argparse.Namespace(id=given), config) == 0
    return capsys.readouterr().out.strip()


def test_the_invitation_requests_exactly_the_needed_permissions(capsys, monkeypatch):
    """The token has the bot's id; standard output has the link and nothing else."""
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    link = printed(capsys, Config(discord=DiscordConfig(token=token_of(ID))))
    address = urlsplit(link)
    assert (address.scheme, address.netloc, address.path) == (
        "https", "discord.com", "/oauth2/authorize"
    )  # fmt: skip
    assert parse_qs(address.query) == {
        "client_id": [str(ID)],
        "scope": ["bot applications.commands"],
        "permissions": [str(INVITED.value)],
    }
    monkeypatch.setenv(TOKEN_VARIABLE, token_of(ID + 1))
    assert f"client_id={ID + 1}&" in printed(capsys, Config())
    assert f"client_id={ID + 2}&" in printed(capsys, Config(), ID + 2)


@pytest.mark.parametrize("token", ["xx.y.z", "", "äöü.y.z", token_of("²²²"), token_of(10**25)])
def test_a_token_without_an_id_gives_none(token):
    """Whatever its first part is."""
    assert id_in_token(token) is None


def test_a_missing_token_or_wrong_id_is_reported_to_the_owner(monkeypatch):
    """One sentence each."""
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    for given, config, sentence in (
        (None, Config(), "has no token yet"),
        (None, Config(discord=DiscordConfig(token=token_of("nobody at all here"))), "invite ID"),
        (7, Config(), "7 is not one"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            invite.run(argparse.Namespace(id=given), config)


def test_paths_lists_what_is_there_with_its_size_and_what_is_not(tmp_path, capsys, monkeypatch):
    """A hard link counts once, a symbolic link elsewhere not at all."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    data = tmp_path / "data"
    (data / "clips").mkdir(parents=True)
    (data / "clips" / "1.flac").write_bytes(bytes(2_000_000))
    (data / "clips" / "2.flac").hardlink_to(data / "clips" / "1.flac")
    (data / "zhiyin.db").write_bytes(bytes(500_000))
    (data / "nowhere").symlink_to(tmp_path / "gone")
    config = Config(storage=StorageConfig(folder=str(data)))
    assert paths.run(argparse.Namespace(config=None), config) == 0
    lines = capsys.readouterr().out.splitlines()
    sizes = {line.split("  ")[-1]: line[:8].strip() for line in lines[::2]}
    assert sizes[str(data)] == "2.5 MB"
    assert sizes[str(data / "clips")] == "2.0 MB"
    assert sizes[str(data / "backups")] == "-"
    assert sizes[str(tmp_path / "cache" / "zhiyin")] == "-"
    assert sizes[str(tmp_path / "config.toml")] == "-"
    assert all(line.startswith(" " * 10) for line in lines[1::2])


@pytest.mark.parametrize("force", [False, True])
def test_a_backup_needs_the_name_of_a_file(tmp_path, force):
    """A folder is not written over, and stays."""
    config = Config(storage=StorageConfig(folder=str(tmp_path / "data")))
    with pytest.raises(OutputError, match="is a folder; give the name of a file"):
        backup.run(argparse.Namespace(file=tmp_path, force=force), config)
    assert tmp_path.is_dir()
