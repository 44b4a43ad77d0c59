"""The program as a process: signals, closed pipes, and what it imports."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.cli.app import build_parser
from tests.support.command_line import names

ROOT = Path(__file__).parents[2]


def start(place, *argv):
    """Start Python in the folder of a test."""
    return subprocess.Popen(
        [sys.executable, *argv],
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_scripted(place, *argv):
    """Start the program around a scripted engine."""
    code = (
        "import sys; from bot.__main__ import main\n"
        "def open_engine(*asked):\n"
        "    from tests.support.scripted_engine import Opener\n"
        "    return Opener()(*asked)\n"
        "sys.exit(main(sys.argv[1:], open_engine=open_engine))"
    )
    return start(place, "-c", code, *argv)


def test_the_whole_program_makes_a_clip(kernel_cache, place):
    """Nothing is scripted: a real model, a real engine, a playable file."""
    process = start(place, "-m", "bot", "generate", "90s rock", "--seconds", "1", "-o", "out.mp3")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert out.startswith("out.mp3: 1.0 s of sound, made in ")
    assert err.splitlines()[:2] == ["Loading starter …", "Making a clip of 1 s …"]
    samples, rate_hz = soundfile.read(place / "out.mp3")
    assert (rate_hz, len(samples)) == (32_000, 32_000)
    assert 0.001 < np.abs(samples).mean() < 1


def test_the_whole_program_can_be_interrupted(kernel_cache, place):
    """MindSpore installs a handler for Ctrl-C, and ours replaces it."""
    process = start(place, "-m", "bot", "generate", "--seconds", "100", "-o", "out.mp3")
    while "Making" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err == "Stopped.\n"
    assert names(place) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_program_cleanly(place, number, code):
    """Ctrl-C or a service manager's stop: no traceback, no partial file."""
    process = start_scripted(place, "generate", "wait at 4", "-o", "out.mp3")
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert err.splitlines()[-1] == "Stopped."
    assert "Traceback" not in err
    assert names(place) == []


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """A cache without kernels: no pace of a model is measured."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))


def test_a_closed_output_pipe_is_not_an_error(place, empty_cache):
    """`zhiyin models | head -1` prints no error."""
    process = start_scripted(place, "models")
    process.stdout.close()
    assert process.wait(timeout=30) == 1
    assert process.stderr.read() == ""
    process.stderr.close()


def test_no_thread_starts_before_signal_handlers(place):
    """A library's thread could receive the signal: importing the program starts none."""
    code = "import os, sys, bot.__main__; sys.exit(len(os.listdir('/proc/self/task')) != 1)"
    process = start(place, "-c", code)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err


@pytest.mark.parametrize("argv", [["--help"], ["models"], ["generate", "--seconds", "0"]])
def test_model_libraries_are_imported_lazily(place, empty_cache, argv):
    """Help, lists and refusals are fast."""
    code = (
        "import sys; from bot.__main__ import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "slow = {'mindspore', 'mindnlp', 'transformers', 'torch'} & set(sys.modules)\n"
        "sys.exit(f'loaded {slow}' if slow else 0)"
    )
    process = start(place, "-c", code, *argv)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err


def test_the_version_is_the_package_s(capsys):
    """`zhiyin --version` prints it."""
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args(["--version"])
    assert caught.value.code == 0
    assert re.fullmatch(r"zhiyin \d+\.\d+\.\d+\n", capsys.readouterr().out)
