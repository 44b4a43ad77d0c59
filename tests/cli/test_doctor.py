"""`zhiyin doctor`: its findings, and that it reports readiness only if all is ready."""

from __future__ import annotations

import argparse
import asyncio
import socket
import sqlite3
import time
from contextlib import closing
from dataclasses import replace

import pytest

from bot.app.discord_address import point_discord_at
from bot.app.login import LOGIN_REFUSED, fetch_bot_name
from bot.cli import doctor
from bot.cli.doctor_discord import check_config_file
from bot.cli.doctor_machine import check_device, check_memory, check_temporary_folder
from bot.cli.doctor_machines import check_machines
from bot.cli.doctor_settings import check_settings
from bot.cli.findings import Verdict
from bot.config import (
    Config,
    DiscordConfig,
    EngineConfig,
    MetricsConfig,
    ModelConfig,
    StorageConfig,
    WorkerConfig,
)
from bot.errors import ConfigError, ResourceError
from bot.i18n.sentence import verbatim
from bot.inference.ray.cluster import TOKEN_FILE, TOKEN_VARIABLE, bot_token
from bot.musicgen.device import ON_ASCEND
from bot.store.database import FILE
from bot.store.folder_lock import lock_folder
from bot.store.store import open_store
from tests.support.discord_wire.server import TOKEN, open_wire
from tests.support.stored_jobs import delivered


@pytest.fixture(autouse=True)
def cache(monkeypatch, kernel_cache):
    """Where the doctor finds the kernels that the tests have compiled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kernel_cache.parent))


def configured(folder, **sections):
    return Config(storage=StorageConfig(folder=str(folder)), **sections)


async def known(token, proxy):
    """Discord's answer to a valid token."""
    assert token == TOKEN
    return "Zhiyin"


def run_doctor(capsys, config, ask=known, file=None):
    code = doctor.run(argparse.Namespace(config=file), config, ask=ask)
    return code, capsys.readouterr().out


def test_the_doctor_reports_no_problem_on_a_good_system(tmp_path, capsys, monkeypatch):
    """Each check has its line, and the last one says that all is ready."""
    monkeypatch.chdir(tmp_path)
    config = configured(tmp_path / "data", discord=DiscordConfig(token=TOKEN))
    code, text = run_doctor(capsys, config)
    assert code == 0
    assert text.endswith("Everything is ready.\n")
    assert TOKEN not in text
    words = (
        "token",
        "belongs to Zhiyin",
        "model starter",
        "of memory",
        "kernels",
        "ffmpeg",
        "GB free",
    )
    for word in (*words, "database"):
        assert word in text


def test_each_finding_says_what_to_do(tmp_path, capsys, monkeypatch):
    """Problems are marked, and the exit code is 1."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "zhiyin.db").write_bytes(b"not a database at all" * 100)
    config = configured(tmp_path / "data", model=ModelConfig(name="facebook/musicgen-small"))
    code, text = run_doctor(capsys, config)
    assert code == 1
    wrong = [line for line in text.splitlines() if line.startswith("wrong")]
    assert len(wrong) == 3
    assert "has no token yet" in wrong[0]
    assert "musicgen-small" in wrong[1]
    assert "damaged or not a database" in wrong[2]


def test_a_file_with_the_token_that_others_can_read_is_noted(tmp_path):
    """Only the file that is used, with the command that fixes it."""
    config = Config(discord=DiscordConfig(token=TOKEN))
    file = tmp_path / "mine.toml"
    file.write_text("x")
    file.chmod(0o644)
    (finding,) = check_config_file(file, config)
    assert f"chmod 600 {file}" in str(finding.sentence)
    file.chmod(0o600)
    assert not list(check_config_file(file, config))


def test_a_token_that_discord_refuses_is_found(tmp_path, capsys, monkeypatch):
    """Also if Discord can't be reached: then the bot could not run either."""
    monkeypatch.chdir(tmp_path)
    config = configured(tmp_path / "data", discord=DiscordConfig(token=TOKEN))

    async def refused(token, proxy):
        raise ConfigError(LOGIN_REFUSED)

    async def offline(token, proxy):
        raise ResourceError(verbatim("Discord can't be reached."))

    for ask, sentence in ((refused, "does not know this token"), (offline, "can't be reached")):
        code, text = run_doctor(capsys, config, ask)
        assert code == 1
        assert sentence in next(line for line in text.splitlines() if line.startswith("wrong"))
        assert "Everything is ready" not in text


async def test_the_token_s_bot_is_fetched_from_discord():
    """Known, unknown, a server error, unreachable."""
    async with open_wire() as wire:
        base = wire.base
        with point_discord_at(base):
            assert await fetch_bot_name(TOKEN) == wire.me.name
            with pytest.raises(ConfigError, match="does not know this token"):
                await fetch_bot_name(TOKEN[:-1] + "y")
            wire.fail("GET", "/users/@me", status=503)
            with pytest.raises(ResourceError, match=r"has trouble .*error 503"):
                await fetch_bot_name(TOKEN)
    with point_discord_at(base), pytest.raises(ResourceError, match="can't be reached"):
        await fetch_bot_name(TOKEN)


def test_a_model_too_large_for_the_memory_is_found(tmp_path):
    """Before it is loaded; the finding names the settings that make it smaller."""
    huge = Config(worker=WorkerConfig(count=16), engine=EngineConfig(slots=64, precision="fp32"))
    findings = list(check_memory(configured(tmp_path, worker=huge.worker, engine=huge.engine)))
    assert [each.verdict for each in findings] == [Verdict.BAD]
    assert "fewer engine.slots (64)" in str(findings[0].sentence)


async def test_memory_used_by_a_running_bot_counts_as_available(tmp_path):
    """The bot's own memory use is no problem."""
    huge = Config(worker=WorkerConfig(count=16), engine=EngineConfig(slots=64, precision="fp32"))
    config = configured(tmp_path, worker=huge.worker, engine=huge.engine)
    async with open_store(tmp_path, time.time):
        assert [each.verdict for each in check_memory(config)] == [Verdict.GOOD]


def test_a_temporary_folder_without_room_is_found(tmp_path, monkeypatch):
    """Full or missing: uploads could not be decoded."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert not list(check_temporary_folder(Config()))
    (finding,) = check_temporary_folder(Config(), least_bytes=2**60)
    assert f"MB free at {tmp_path}" in str(finding.sentence)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    (finding,) = check_temporary_folder(Config())
    assert "set the environment variable TMPDIR" in str(finding.sentence)


def test_a_failed_check_is_a_finding(tmp_path, capsys, monkeypatch):
    """Without a home folder the other checks go on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda _: {}["no such user"])
    config = configured(tmp_path / "data", discord=DiscordConfig(token=TOKEN))
    code, text = run_doctor(capsys, config)
    assert code == 1
    assert "no home folder" in text
    assert "GB free" in text


async def test_the_doctor_checks_invariants_of_a_running_bot(tmp_path, capsys):
    """Without disturbing it; violations are reported."""
    config = configured(tmp_path, discord=DiscordConfig(token=TOKEN))
    async with open_store(tmp_path, time.time) as store:
        await delivered(store)
        _, text = await asyncio.to_thread(run_doctor, capsys, config)
        assert "already running" not in text
        # Nothing that could be fixed.
        assert " note  The sound of 1 clip is gone (1.flac)" in text
        (store.clips_folder / "1.flac").touch()
        _, text = await asyncio.to_thread(run_doctor, capsys, config)
        assert "The database is intact and its ledger balances." in text
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            connection.execute("UPDATE jobs SET state = 'failed'")
            connection.commit()
        code, text = await asyncio.to_thread(run_doctor, capsys, config)
        assert code == 1
        assert "Job 1 was delivered but not charged, or charged but not delivered." in text


@pytest.fixture
def silent_port():
    """A port that is bound but not served, so that nobody else uses it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_the_doctor_says_whether_other_machines_can_join(tmp_path, monkeypatch, silent_port):
    """The address, and who can read the token, which is not shown; nothing if switched off."""
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    folder = tmp_path / "data"
    assert list(check_machines(configured(folder))) == []

    def findings_for(**worker):
        config = configured(folder, worker=WorkerConfig(backend="ray", **worker))
        findings = list(check_machines(config))
        return [each.verdict for each in findings], " ".join(str(f.sentence) for f in findings)

    port = silent_port
    verdicts, text = findings_for(ray_port=port)
    assert verdicts == [Verdict.GOOD, Verdict.GOOD]
    assert "makes a token for them" in text
    assert f"port {port} once the bot is running" in text

    folder.mkdir()
    bot_token(folder, {})
    secret = (folder / TOKEN_FILE).read_text().strip()
    with lock_folder(folder):
        verdicts, text = findings_for(ray_port=port)
    assert verdicts == [Verdict.GOOD, Verdict.WORSE]
    assert "for the bot's own user alone" in text
    assert "its log says why" in text
    (folder / TOKEN_FILE).chmod(0o644)
    verdicts, text = findings_for(ray_address=f"127.0.0.1:{port}")
    assert verdicts == [Verdict.BAD, Verdict.BAD]
    assert "chmod 600" in text
    assert "Nobody listens" in text
    assert secret not in text
    monkeypatch.setenv(TOKEN_VARIABLE, "short")
    with pytest.raises(ConfigError, match="at least 16"):
        findings_for()


def test_settings_that_the_bot_would_refuse_are_reported(tmp_path):
    """No worker, words that can't be read, a port that is taken; not one that the bot has."""
    folder = tmp_path / "data"

    def found(**sections):
        return [str(each.sentence) for each in check_settings(configured(folder, **sections))]

    alone = WorkerConfig(count=0)
    (sentence,) = found(worker=alone)
    assert "worker.count is 0" in sentence
    assert found(worker=replace(alone, backend="ray")) == []
    (sentence,) = found(discord=DiscordConfig(unwanted_words=("fine", "/(/")))
    assert sentence.startswith("discord.unwanted_words can't be used: I can't read that pattern")
    with socket.create_server(("127.0.0.1", 0)) as held:
        metrics = MetricsConfig(port=held.getsockname()[1])
        (sentence,) = found(metrics=metrics)
        assert f"at port {metrics.port}: Address already in use. Choose another" in sentence
        with lock_folder(folder):
            assert found(metrics=metrics) == []
    assert found(metrics=metrics) == []


def test_the_doctor_is_not_content_with_settings_that_the_bot_would_refuse(tmp_path, capsys):
    """Its last line counts them."""
    config = configured(tmp_path, discord=DiscordConfig(token=TOKEN), worker=WorkerConfig(count=0))
    code, text = run_doctor(capsys, config)
    assert code == 1
    assert text.endswith("1 problem to fix before `zhiyin run`.\n")


def test_the_device_is_reported(tmp_path):
    """The processor, an Ascend device, or a configured one that is missing."""
    config = configured(tmp_path, engine=EngineConfig(device="auto"))
    asked = configured(tmp_path, engine=EngineConfig(device="Ascend"))
    (usual,), (missing,) = check_device(config, tmp_path), check_device(asked, tmp_path)
    (tmp_path / "davinci0").touch()
    (there,) = check_device(config, tmp_path)
    verdicts = [each.verdict for each in (usual, missing, there)]
    assert verdicts == [Verdict.GOOD, Verdict.BAD, Verdict.GOOD]
    assert there.sentence == ON_ASCEND
