"""The log: one line per event, for people or for programs, with the job's id."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bot.config import Config, LogConfig
from bot.log import JsonFormatter, RedactingFormatter, log_job_id, name_job
from tests.pipeline.test_erasure import CANARY
from tests.support.simulated_server import open_server, strict

TEXT = "%(levelname)s %(name)s%(job_suffix)s: %(message)s"
# Assembled here, so that scanners do not take it for a real token.
TOKEN = ".".join(("M" * 24, "G" * 6, "x" * 27))


@contextmanager
def written(formatter, name="bot"):
    """Return what a process with this formatter would write."""
    stream, logger = io.StringIO(), logging.getLogger(name)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    handler.addFilter(name_job)
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield stream
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def objects(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_a_json_log_line_is_one_object():
    """With its time in UTC, and any traceback, whatever its text contains."""
    with written(JsonFormatter()) as stream:
        log = logging.getLogger("bot.somewhere")
        log.info("two\nlines of %s", "中文")
        try:
            raise ValueError(f"with {TOKEN}")
        except ValueError:
            log.exception("it.failed token=%s", TOKEN)
    first, second = objects(stream.getvalue())
    assert len(stream.getvalue().splitlines()) == 2
    assert first["time"].endswith("Z")
    del first["time"]
    assert first == {"level": "info", "logger": "bot.somewhere", "message": "two\nlines of 中文"}
    assert second["level"] == "error"
    assert second["message"] == "it.failed token=[secret]"
    assert second["exception"].startswith("Traceback")
    assert second["exception"].endswith("ValueError: with [secret]")


async def test_log_lines_about_a_job_have_its_id():
    """Also in tasks started within; not before or after, and never another job's."""
    log = logging.getLogger("bot.somewhere")

    async def work(job_id):
        with log_job_id(job_id):
            log.info("begins")
            await asyncio.create_task(later())

    async def later():
        await asyncio.sleep(0)
        log.info("goes on")

    with written(RedactingFormatter(TEXT)) as stream:
        log.info("before")
        await asyncio.gather(work(1), work(2))
        with log_job_id(3), log_job_id(4):
            log.info("within")
        log.info("after")
    assert stream.getvalue().splitlines() == [
        "INFO bot.somewhere: before",
        "INFO bot.somewhere job=1: begins",
        "INFO bot.somewhere job=2: begins",
        "INFO bot.somewhere job=1: goes on",
        "INFO bot.somewhere job=2: goes on",
        "INFO bot.somewhere job=4: within",
        "INFO bot.somewhere: after",
    ]


async def test_a_job_can_be_followed_through_both_processes(tmp_path, monkeypatch, capfd):
    """Every line about it has its id, from order to end; none has its prompt.

    A search for one job finds all of its lines, with any tool that reads JSON.
    """
    strict(monkeypatch)
    config = replace(Config(), log=LogConfig(format="json"))
    with written(JsonFormatter()) as stream, written(JsonFormatter(), "cogs") as discord:
        async with open_server(tmp_path, config=config) as server:
            await server.music(prompt=CANARY)
            await server.music(prompt=CANARY + " too", seconds=2.0)
            await server.music(prompt="fail")
    here = objects(stream.getvalue() + discord.getvalue())
    there = objects(capfd.readouterr().err)
    events = {
        job: [line["message"].split()[0] for line in here + there if line.get("job") == job]
        for job in (1, 2, 3)
    }
    assert events == {
        1: ["job.accepted", "job.delivered", "clip.made"],
        2: ["job.accepted", "job.delivered", "clip.made"],
        3: ["job.accepted", "job.ended", "clip.refused"],
    }
    assert {line["logger"] for line in there} == {"bot.inference.worker"}
    unnamed = [line["message"] for line in here + there if "job" not in line]
    assert not [each for each in unnamed if each.startswith(("job.", "clip."))]
    assert "canary" not in json.dumps(here + there)


@pytest.mark.parametrize("format_", ["text", "json"])
def test_the_log_level_setting_applies_to_commands(tmp_path, format_):
    """To the warnings of every command."""
    (tmp_path / "config.toml").write_text(f'[log]\nformat = "{format_}"\n')
    program = (
        "import logging; from argparse import Namespace; from pathlib import Path; "
        "from bot.cli.app import dispatch; from bot.cli.commands import Command; "
        "warn = lambda *args: logging.getLogger('bot.x').warning('look') or 0; "
        "command = Command(name='x', help='', description='', run=warn); "
        f"file = Path({str(tmp_path / 'config.toml')!r}); "
        "args = Namespace(config=file, debug=False, command='x'); "
        "dispatch(args, None, commands=[command])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.rstrip().endswith(
        '"level": "warning", "logger": "bot.x", "message": "look"}'
        if format_ == "json"
        else " WARNING bot.x: look"
    )
