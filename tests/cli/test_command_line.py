"""Mistyped commands: understood if possible, and otherwise refused with one sentence."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys

import pytest

from bot.cli import standard_streams
from bot.cli.app import build_parser, dispatch
from bot.cli.commands import Command
from bot.cli.generate_options import read_prompt
from bot.cli.interrupts import Interrupts
from bot.cli.system_failures import system_failure
from bot.errors import RequestError
from tests.support.scripted_engine import Opener


def refused(capsys, *argv):
    """The sentence about a line that can't be parsed."""
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args(list(argv))
    assert caught.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(
    "line",
    [
        "90s rock",
        "90s rock -o x.mp3",
        "-o x.mp3 90s rock",
        "90s -o x.mp3 rock",
        "--seed 7 90s rock",
    ],
)
def test_a_prompt_needs_no_quotes(line):
    """All words that are no options are the prompt, before and after them."""
    args = build_parser().parse_args(["generate", *line.split()])
    assert read_prompt(args.prompt, io.StringIO()) == "90s rock"


def test_a_prompt_can_come_through_a_pipe():
    """`echo words | zhiyin generate -`; lines are joined, and without words the clip is random."""
    args = build_parser().parse_args(["generate", "-"])
    assert (
        read_prompt(args.prompt, io.StringIO("slow jazz\nwith piano\n")) == "slow jazz with piano"
    )
    assert read_prompt(args.prompt, io.StringIO("\n")) is None
    assert read_prompt([], io.StringIO("not asked for")) is None
    latin = io.TextIOWrapper(io.BytesIO(b"caf\xe9"), encoding="utf-8")
    with pytest.raises(RequestError, match="UTF-8"):
        read_prompt(["-"], latin)


def test_a_prompt_survives_a_locale_without_its_letters():
    """Python passes bytes that an ASCII locale can't decode as lone surrogates."""
    as_bytes = "慢速爵士".encode().decode("ascii", "surrogateescape")
    assert read_prompt([as_bytes], io.StringIO()) == "慢速爵士"


def test_a_prompt_that_is_too_long_is_refused_before_the_model_is_loaded(capsys):
    """The refusal comes at once; an endless pipe is not read to its end."""
    opener = Opener()
    args = build_parser().parse_args(["generate", "la " * 2000])
    assert dispatch(args, Interrupts(), open_engine=opener) == 1
    assert "A prompt has at most" in capsys.readouterr().err
    assert not opener.engines
    with (
        open("/dev/zero", encoding="utf-8") as endless,
        pytest.raises(RequestError, match="at most"),
    ):
        read_prompt(["-"], endless)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("generat x", 'There is no command "generat". Did you mean generate?'),
        ("music", 'There is no command "music". To make a clip: `zhiyin generate "music"`.'),
        ("models dowload x", 'There is no command "dowload". Did you mean download?'),
        ("generate x --sead 7", "There is no option --sead. Did you mean --seed?"),
        ("generate x --sead=7", "There is no option --sead. Did you mean --seed?"),
        (
            "generate --precision fp8",
            "--precision is one of auto, fp32, bf16, int8, int4, not fp8.",
        ),
        ("generate --seed", "A value is missing after --seed."),
        ("whatis a.mp3 b.mp3", '"b.mp3" is one word too many.'),
    ],
)
def test_a_mistyped_argument_gives_one_sentence(capsys, line, sentence):
    """With a suggestion, and where to read more."""
    assert sentence in refused(capsys, *line.split())


def test_a_system_failure_is_not_reported_as_a_bug(capsys):
    """A full disk, a missing permission, too little memory: one sentence with the path."""

    def outcome(error):
        def fail(args, config, context):
            raise error

        command = Command(name="doctor", help="", description="", run=fail)
        args = build_parser().parse_args(["doctor"])
        assert dispatch(args, Interrupts(), commands=[command]) == 1
        return capsys.readouterr().err

    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/there/x")
    assert outcome(full) == "zhiyin: /there/x: No space left on device.\n"
    assert "not enough memory" in outcome(MemoryError())
    assert "should not have happened" in outcome(FileNotFoundError(errno.ENOENT, "none", "x"))
    assert system_failure(ValueError()) is None


def test_an_unwritable_output_is_reported_once(monkeypatch, capsys):
    """Without a traceback, and without a second error when Python exits."""
    with open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        print("some words")
        assert standard_streams.flush(0) == 1
        assert standard_streams.flush(0) == 0
        monkeypatch.undo()
    assert "standard output can't be written: No space left" in capsys.readouterr().err


def test_the_program_without_a_command_or_a_usable_output(tmp_path):
    """Alone it shows its help; it survives a full disk, an old terminal and no output."""
    script = """
import os, sys
from bot.cli.app import main
def child(argv, **streams):
    pid = os.fork()
    if not pid:
        for number, name in streams.items():
            os.close(int(number[2:]))
            if name:
                os.open(name, os.O_WRONLY)
        os._exit(main(argv))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.reconfigure(encoding="ascii")
print("codes", child([]), child(["models"], fd1="/dev/full"), child(["--version"], fd1=None),
      flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        # A cache without kernels: no pace of a model is measured.
        env={
            **os.environ,
            "COLUMNS": "20",
            "XDG_CACHE_HOME": str(tmp_path),
            # As users have it: output is buffered until the end.
            "PYTHONUNBUFFERED": "",
        },
    )
    assert "codes 2 1 0" in done.stdout
    assert done.stderr.startswith("usage: zhiyin")
    assert "zhiyin demo" not in done.stderr.splitlines()[0]
    error = "zhiyin: standard output can't be written: No space left on device.\n"
    assert done.stderr.endswith(f".\n{error}")
    assert "Traceback" not in done.stderr
