"""Untrusted text at the terminal and in the log: no text controls either."""

from __future__ import annotations

import io
import json
import logging
import sys
import unicodedata
from argparse import Namespace

import numpy as np
import pytest

from bot import log
from bot.audio.files.fields import write_fields
from bot.audio.files.formats import BY_SUFFIX, encode
from bot.cli.app import build_parser, dispatch
from bot.cli.commands import Command
from bot.cli.interrupts import Interrupts
from bot.domain.generation import Sound
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, verbatim
from bot.printable import escape_controls
from tests.support.scripted_engine import Opener

LIE = "AI-free: made by a person"
# File names may hold all but "/" and NUL; a lone surrogate stands for undecodable bytes.
EVIL = f"nice\x1b]0;OWNED\x07\x1b[2J\x9b31m\r\n\u2028\u202e\x7f\udcff\n{LIE}"


def acting(text):
    """The characters of a text, line ends aside, that a terminal interprets."""
    return [each for each in text if unicodedata.category(each)[0] == "C" and each != "\n"]


def zhiyin(*argv, commands=None):
    args = build_parser().parse_args(argv)
    return dispatch(args, Interrupts(), open_engine=Opener(), commands=commands)


@pytest.fixture
def place(tmp_path, monkeypatch, cache_home):
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_home))
    monkeypatch.chdir(tmp_path)
    sound = Sound(samples=np.zeros((1, 3_200), np.float32), sample_rate_hz=32_000)
    facts = {"seed": 1} | dict.fromkeys(("prompt", "model", "kind", "key", "stem"), EVIL)
    fields = {"ZHIYIN": json.dumps(facts)}
    (tmp_path / "clip.mp3").write_bytes(
        write_fields(encode(sound, BY_SUFFIX[".mp3"]), ".mp3", fields)
    )
    (tmp_path / EVIL).mkdir()
    (tmp_path / "bad.toml").write_text(f"[{json.dumps(EVIL.replace(chr(0xDCFF), ''))}]\n")
    (tmp_path / "value.toml").write_text(
        f"[log]\nformat = {json.dumps(EVIL.replace(chr(0xDCFF), ''))}\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    "argv",
    [
        ("whatis", "clip.mp3"),
        ("whatis", EVIL),
        ("whatis", f"{EVIL}.mp3"),
        ("generate", "rock", "--seconds", "1", "-o", f"{EVIL}.wav"),
        ("generate", "rock", "-o", f"out.{EVIL}"),
        ("generate", EVIL, "--seconds", "1", "-o", "a.wav"),
        ("generate", "rock", "--model", EVIL),
        ("generate", "rock", "--audio", f"{EVIL}.mp3"),
        ("edit", f"{EVIL}.mp3", "-o", "out.wav"),
        ("edit", "clip.mp3", "-o", f"{EVIL}.wav"),
        ("backup", f"{EVIL}/missing/x"),
        ("doctor", "--config", "bad.toml"),
        ("doctor", "--config", "value.toml"),
        ("doctor", "--config", f"{EVIL}.toml"),
        ("models", "download", EVIL),
    ],
    ids=ascii,
)
def test_untrusted_text_has_no_terminal_escapes(place, capsys, argv):
    """Tags, file names, prompts and settings are shown, and none begins a line."""
    zhiyin(*argv)
    output = "".join(capsys.readouterr())
    output.encode()  # can be written at all
    assert output
    assert acting(output) == []
    assert not [line for line in output.splitlines() if line.startswith(LIE)]


@pytest.mark.parametrize("argv", [(EVIL,), ("whatis", "a", EVIL), ("generate", "--seed", EVIL)])
def test_an_unparsable_line_is_printed_escaped(capsys, argv):
    """The arguments may have been pasted."""
    with pytest.raises(SystemExit):
        build_parser().parse_args(argv)
    assert acting(capsys.readouterr().err) == []


def fail(*args):
    raise RuntimeError(EVIL)


def test_an_unexpected_error_is_printed_escaped(capsys):
    """Its message may quote a file."""
    args = Namespace(config=None, debug=False, command="x")
    assert dispatch(args, Interrupts(), commands=[COMMAND]) == 1
    errors = capsys.readouterr().err
    assert "RuntimeError" in errors
    assert acting(errors) == []


COMMAND = Command(name="x", help="", description="", run=fail)


def test_a_fatal_error_is_printed_escaped(capsys):
    """With --debug: the whole traceback, without secrets."""
    log.configure()
    token = ".".join(("M" * 24, "G" * 6, "x" * 27))
    try:
        raise RuntimeError(EVIL + token)
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    errors = capsys.readouterr().err
    assert "in test_a_fatal_error_is_printed_escaped" in errors
    assert acting(errors) == []
    assert token not in errors


@pytest.mark.parametrize(
    "formatter", [log.RedactingFormatter("%(levelname)s %(message)s"), log.JsonFormatter()]
)
def test_untrusted_text_is_escaped_in_the_log(formatter):
    """In an event's line and in its traceback, whose lines can't pass for events."""
    handler = logging.StreamHandler(stream := io.StringIO())
    handler.setFormatter(formatter)
    record = logging.LogRecord("bot", logging.ERROR, "", 0, "failed %s", (EVIL,), None)
    try:
        raise RuntimeError(EVIL)
    except RuntimeError:
        record.exc_info = sys.exc_info()
    handler.emit(record)
    first, *others = stream.getvalue().splitlines()
    assert acting(stream.getvalue()) == []
    assert "nice" in first
    assert all(line.startswith("  ") for line in others)


@pytest.mark.parametrize(
    "text", ["90s rock 摇滚", "a\u3000b\xa0c", "👨\u200d👩\u200d👧", "می\u200cخواهم", "C:\\x1b"]
)
def test_text_in_any_script_is_printed_unchanged(text):
    """Spaces of other scripts and joined emoji are kept."""
    assert escape_controls(text) == text
    assert str(Sentence("{text}", text=text)) == text


def test_text_on_discord_is_not_escaped_for_terminals():
    """Discord shows text as text, with its line breaks."""
    assert Renderer()(verbatim("a\nb\x1b")) == "a\nb\x1b"
    assert str(verbatim("a\nb\x1b")) == "a\\nb\\x1b"
