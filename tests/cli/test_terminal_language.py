"""Help and messages of the command line, in the language of the terminal."""

from __future__ import annotations

import argparse
import io
import unicodedata

import pytest

from bot.cli.help_formatter import HelpFormatter
from bot.cli.terminal_language import render
from bot.cli.wrong_arguments import wrong_argument
from bot.i18n.sentence import Sentence


def columns(line):
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in line)


def test_chinese_help_stays_within_the_terminal():
    """Lines are broken between characters, and none begins with closing punctuation."""
    text = (
        "用文字或一段声音来做音乐，在你自己的电脑上。" * 5 + "例如 `zhiyin generate --seconds 10`。"
    )
    parser = argparse.ArgumentParser(
        prog="zhiyin",
        description=text,
        formatter_class=lambda prog: HelpFormatter(prog, width=60),
    )
    parser.add_argument("--seed", help=text, metavar="N")
    lines = parser.format_help().splitlines()
    assert max(map(columns, lines)) <= 62  # a full stop may hang over
    assert not [line for line in lines if line.strip()[:1] in tuple("，。")]
    shown = "".join(line.strip() for line in lines if "usage" not in line).replace(" ", "")
    assert shown.count(text.replace(" ", "")) == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_a_terminal_cannot_show_is_english(encoding, monkeypatch):
    """Instead of question marks."""
    monkeypatch.setenv("LC_ALL", "zh_CN")
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    assert render(Sentence("Stopped."), stream) == "Stopped."


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("argument --seed: expected one argument", "A value is missing after --seed."),
        (
            "argument --seconds: invalid float value: 'x'",
            "--seconds takes a number, not 'x'.",
        ),
        (
            "argument --takes: invalid integer value: '1.5'",
            "--takes takes a whole number, not '1.5'.",
        ),
        ("argument --loop: ignored explicit argument '3'", "--loop takes no value."),
        ("the following arguments are required: FILE", "FILE is missing."),
        ("something else", "something else."),
    ],
)
def test_argparse_errors_are_sentences(message, sentence):
    """So that they are translated; unknown ones stay as they are."""
    assert str(wrong_argument(message)) == sentence
