"""`zhiyin run` and `zhiyin doctor` before they connect to Discord."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest

from bot.app.discord_token import TOKEN_VARIABLE, take_token
from bot.config import Config, DiscordConfig, StorageConfig
from bot.errors import ConfigError
from bot.log import RedactingFormatter

# Of the right form, but invalid.
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde." + "x" * 38


def configured(folder, **sections):
    return Config(storage=StorageConfig(folder=str(folder)), **sections)


def start(arguments, tmp_path, **environment):
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        env={
            **os.environ,
            "XDG_DATA_HOME": str(tmp_path),
            "PYTHONPATH": os.getcwd(),
            **environment,
        },
    )


@pytest.mark.parametrize("token", ["", "not a token"])
def test_a_missing_token_is_explained(tmp_path, token):
    """One sentence and exit code 1, before anything is loaded."""
    done = start(["run"], tmp_path, ZHIYIN_TOKEN=token)
    assert done.returncode == 1
    assert done.stderr.startswith("zhiyin: The ")
    assert done.stderr.count("\n") == 1
    assert "token" in done.stderr
    assert "not a token" not in done.stderr


def test_a_token_is_in_no_log_and_no_representation(tmp_path):
    """Neither in the configuration's repr nor in a log line."""
    config = Config(discord=DiscordConfig(token=TOKEN))
    assert TOKEN not in repr(config)
    record = logging.LogRecord("x", logging.INFO, "", 0, "login with %s", (TOKEN,), None)
    assert RedactingFormatter().format(record) == "login with [secret]"
    where = "PATCH https://discord.com/api/v10/webhooks/123/aW50ZXJhY3Rpb246MTIz/messages/@original"
    record = logging.LogRecord("x", logging.INFO, "", 0, where, (), None)
    assert "aW50ZXJhY3Rpb24" not in RedactingFormatter().format(record)


def test_an_event_is_one_line_whatever_is_in_it():
    """A prompt can't add a second line or colours to the log."""
    record = logging.LogRecord("x", logging.INFO, "", 0, "a\r\nERROR forged \x1b[31m", (), None)
    line = RedactingFormatter().format(record)
    assert "\n" not in line
    assert "\x1b" not in line


def test_the_environment_s_token_precedes_and_is_removed(monkeypatch):
    """Child processes of the bot do not inherit it."""
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    assert take_token(Config(discord=DiscordConfig(token="x"))) == TOKEN
    assert TOKEN_VARIABLE not in os.environ
    assert take_token(Config(discord=DiscordConfig(token=f" {TOKEN}\n"))) == TOKEN
    with pytest.raises(ConfigError, match="three parts with dots"):
        take_token(Config(discord=DiscordConfig(token="x")))
