"""The commands in the documents are run as far as a test can, in one folder, in order."""

from __future__ import annotations

import asyncio
import time

from bot.app.discord_token import TOKEN_VARIABLE
from bot.cli.app import build_parser, dispatch
from bot.cli.interrupts import Interrupts
from bot.config_file import PREFIX
from bot.store.store import open_store
from tests.project.test_documents import WITH_COMMANDS, commands
from tests.support.scripted_engine import Opener

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4OQ.Gabcde." + "x" * 38

# Why a command is not run here, by its beginning.
NOT_RUN = {
    ("demo",): "it goes on until Ctrl-C; tests/cli/test_demo.py and tests/demo start it",
    ("run",): "it wants Discord; tests/cli/test_run.py",
    ("doctor",): "it compiles kernels and tries the sandbox; tests/cli/test_doctor.py",
    ("models", "download"): "it wants the network; tests/models",
    ("models",): "it times the machine; tests/models",
    ("bench",): "it times the machine; tests/inference and tests/cli/test_bench_baselines.py",
    ("plan",): "it times the machine, or computes for seconds; tests/cli/test_plan.py",
    ("service",): "it wants root and systemd; tests/cli/test_service.py",
    ("worker",): "it wants another machine; tests/inference/cluster_ray.py",
    ("backup", "/"): "its folder is an example; the same without it is run",
    ("generate", "--help"): "tests/project/test_documents.py",
}
# Commands that need codes of real stems, or a model that is not here; any model can keep an end.
OTHER_MODELS, KEPT_BY_ANY = {"--stems", "--keep", "--model", "--melody"}, "end"
OF_THEM = "tests/cli/test_generate_stems.py, test_generate_melody.py and tests/models"
ENDLESS = "--endless"


def reason_of(words):
    """Return why a command is not run here; None for one that is."""
    if words == ["models", "clear"]:
        return None
    for begin, reason in NOT_RUN.items():
        if len(words) >= len(begin) and all(map(str.startswith, words, begin)):
            return reason
    if words[0] == "generate" and OTHER_MODELS & set(words) and KEPT_BY_ANY not in words:
        return OF_THEM
    return "it goes on until Ctrl-C; test_generate_stream.py" if ENDLESS in words else None


TYPED = [words for path in WITH_COMMANDS for words in commands(path)]
COMMANDS = list(dict.fromkeys(map(tuple, TYPED)))
RUN = [words for words in COMMANDS if reason_of(list(words)) is None]


def test_most_documented_commands_are_run():
    """Each of the others has a reason that is still needed."""
    assert {words[0] for words in RUN} == {
        *("generate", "whatis", "edit", "models", "invite", "paths", "backup")
    }
    kinds = {begin for begin in NOT_RUN for words in COMMANDS if words[0] == begin[0]}
    assert kinds == set(NOT_RUN)


def test_documented_commands_work(tmp_path, monkeypatch, capfdbinary):
    """With the files that the page assumes, each exits with 0 and reports no error."""
    monkeypatch.chdir(tmp_path)
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "HF_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    monkeypatch.setenv(f"{PREFIX}STORAGE_FOLDER", str(tmp_path / "data"))
    asyncio.run(begin(tmp_path / "data"))
    for name in ("riff.wav", "a.mp3", "b.mp3", "house.wav"):
        assert zhiyin("generate", "rock", "--seconds", "4", "-o", name) == 0
    for words in RUN:
        assert zhiyin(*words) == 0, (words, capfdbinary.readouterr().err)


async def begin(folder):
    """Create a database, as the bot does at its first start."""
    async with open_store(folder, time.time):
        pass


def zhiyin(*words):
    args = build_parser().parse_args(words)
    return dispatch(args, Interrupts(), open_engine=Opener())
