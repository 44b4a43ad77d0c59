"""`zhiyin run` and `zhiyin doctor` as their owner meets them, before and around Discord."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from bot.app.discord_token import TOKEN_VARIABLE, take_token
from bot.cli import doctor
from bot.config import Config, DiscordConfig, ModelConfig, StorageConfig
from bot.errors import ConfigError
from bot.log import RedactingFormatter
from bot.store.database import FILE
from bot.store.store import open_store
from tests.store.test_store import delivered

# Of the right form, and nobody's.
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
def test_without_a_token_the_owner_is_told_where_to_get_one(tmp_path, token):
    """One sentence and exit code 1; nothing is loaded for nothing."""
    done = start(["run"], tmp_path, ZHIYIN_TOKEN=token)
    assert done.returncode == 1
    assert done.stderr.startswith("zhiyin: The ")
    assert done.stderr.count("\n") == 1
    assert "token" in done.stderr
    assert "not a token" not in done.stderr


def test_a_token_is_in_no_log_and_no_representation(tmp_path):
    """Neither in what the configuration says of itself nor in a line of a log."""
    config = Config(discord=DiscordConfig(token=TOKEN))
    assert TOKEN not in repr(config)
    record = logging.LogRecord("x", logging.INFO, "", 0, "login with %s", (TOKEN,), None)
    assert RedactingFormatter().format(record) == "login with [secret]"
    where = "PATCH https://discord.com/api/v10/webhooks/123/aW50ZXJhY3Rpb246MTIz/messages/@original"
    record = logging.LogRecord("x", logging.INFO, "", 0, where, (), None)
    assert "aW50ZXJhY3Rpb24" not in RedactingFormatter().format(record)


def test_an_event_is_one_line_whatever_is_in_it():
    """Nobody writes a second line into the log, or colours it, with a prompt."""
    record = logging.LogRecord("x", logging.INFO, "", 0, "a\r\nERROR forged \x1b[31m", (), None)
    line = RedactingFormatter().format(record)
    assert "\n" not in line
    assert "\x1b" not in line


def test_the_environment_s_token_goes_first_and_is_taken_away(monkeypatch):
    """Children of the bot must not find it there."""
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    assert take_token(Config(discord=DiscordConfig(token="x"))) == TOKEN
    assert TOKEN_VARIABLE not in os.environ
    assert take_token(Config(discord=DiscordConfig(token=f" {TOKEN}\n"))) == TOKEN
    with pytest.raises(ConfigError, match="three parts with dots"):
        take_token(Config(discord=DiscordConfig(token="x")))


def said(capsys, config):
    code = doctor.run(None, config)  # type: ignore[arg-type] # it takes no arguments
    return code, capsys.readouterr().out


def test_the_doctor_finds_nothing_where_all_is_well(tmp_path, capsys, monkeypatch):
    """Each check has its line, and the last one says that all is ready."""
    monkeypatch.chdir(tmp_path)
    config = configured(tmp_path / "data", discord=DiscordConfig(token=TOKEN))
    code, text = said(capsys, config)
    assert code == 0
    assert text.endswith("Everything is ready.\n")
    assert TOKEN not in text
    for word in ("token", "model starter", "kernels", "ffmpeg", "GB free", "database"):
        assert word in text


def test_the_doctor_says_what_to_do(tmp_path, capsys, monkeypatch):
    """What has to be mended is marked, and the exit code is 1."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "zhiyin.db").write_bytes(b"not a database at all" * 100)
    config = configured(tmp_path / "data", model=ModelConfig(name="facebook/musicgen-small"))
    code, text = said(capsys, config)
    assert code == 1
    wrong = [line for line in text.splitlines() if line.startswith("wrong")]
    assert len(wrong) == 3
    assert "has no token yet" in wrong[0]
    assert "musicgen-small" in wrong[1]
    assert "damaged or no database" in wrong[2]


def test_a_file_with_the_token_that_others_can_read_is_noted(tmp_path, capsys, monkeypatch):
    """With the command that mends it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("x")
    (tmp_path / "config.toml").chmod(0o644)
    config = configured(tmp_path / "data", discord=DiscordConfig(token=TOKEN))
    _, text = said(capsys, config)
    assert "chmod 600 config.toml" in text


async def test_the_doctor_looks_through_the_books_of_a_bot_that_runs(tmp_path, capsys):
    """Without disturbing it, and tells what does not add up."""
    config = configured(tmp_path, discord=DiscordConfig(token=TOKEN))
    async with open_store(tmp_path, time.time) as store:
        await delivered(store)
        _, text = await asyncio.to_thread(said, capsys, config)
        assert "already running" not in text
        assert "The sound of 1 clips is gone, such as 1.flac." in text
        (store.clips_folder / "1.flac").touch()
        _, text = await asyncio.to_thread(said, capsys, config)
        assert "The database is whole and its ledger balances." in text
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            connection.execute("UPDATE jobs SET state = 'failed'")
            connection.commit()
        code, text = await asyncio.to_thread(said, capsys, config)
        assert code == 1
        assert "Job 1 was delivered but not charged, or charged but not delivered." in text
