"""What `zhiyin generate` refuses, and how it reports bugs and interruptions."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.command_line import names, zhiyin
from tests.support.scripted_engine import Opener


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--seconds", "0"], "must be above 0 and at most 120 seconds."),
        (["--seconds", "-3"], "must be above 0 and at most 120 seconds."),
        (["--seconds", "121"], "must be above 0 and at most 120 seconds."),
        (["--seconds", "nan"], "must be above 0 and at most 120 seconds."),
        (["--takes", "0"], "--takes must be from 1 to 8, not 0."),
        (["--takes", "9"], "--takes must be from 1 to 8, not 9."),
        (["--seed", "-1"], "--seed must be from 0 to 9223372036854775806, not -1."),
        (["--seed", "9223372036854775807"], "--seed must be from 0 to"),
        (["--guidance", "0.5"], "Guidance must be from 1 (none) to 100; 3 is usual."),
        (["--guidance", "1e30"], "Guidance must be from 1 (none) to 100; 3 is usual."),
        (["--temperature", "0"], "The temperature must be from 0.01 to 100; 1 is usual."),
        (["--temperature", "1e-300"], "The temperature must be from 0.01 to 100; 1 is usual."),
        (["--temperature", "nan"], "The temperature must be from 0.01 to 100; 1 is usual."),
        (["--top-k", "-1"], "Top-k must be from 0 (everything) to 1000000"),
        (["--top-p", "0"], "Top-p must be above 0"),
        (["--top-p", "1.1"], "Top-p must be above 0"),
        (["--greedy", "--top-p", "0.5"], "--greedy leaves nothing to chance, --top-p does"),
        (["--greedy", "--takes", "2"], "--greedy makes every take the same"),
        (["\udcff"], "The prompt is not readable text; type it in UTF-8."),
        (["-o", "out.m4a"], "out.m4a ends in .m4a; the formats written are"),
        (["-o", "nowhere/out.mp3"], "The folder nowhere does not exist."),
        (["--audio", "nowhere.wav"], "There is no sound file nowhere.wav."),
        (["--audio", "empty.wav"], "empty.wav: This file is empty."),
        (["--model", "musicgen-small"], "Did you mean facebook/musicgen-small?"),
        (["--config", "nowhere.toml"], "There is no configuration file nowhere.toml."),
    ],
)
def test_impossible_requests_are_refused_before_loading(place, capsys, argv, sentence):
    """One sentence, exit code 1, no file, and the model is not opened."""
    Path("empty.wav").touch()
    opener = Opener()
    assert zhiyin("generate", *argv, opener=opener) == 1
    err = capsys.readouterr().err
    assert sentence in err
    assert err.startswith("zhiyin: ")
    assert err.count("\n") == 1
    assert opener.engines == []
    assert names(place) == ["empty.wav"]


@pytest.mark.parametrize(
    "argv",
    [
        ["compose"],
        ["whatis", "a", "b"],
        ["generate", "--seconds", "long"],
        ["generate", "--precision", "fp8"],
        ["generate", "--se", "1"],
        ["models", "download"],
    ],
)
def test_a_mistyped_command_gives_one_sentence(capsys, argv):
    """With where to read more; exit code 2."""
    with pytest.raises(SystemExit) as caught:
        zhiyin(*argv)
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("zhiyin: ")
    assert "--help` lists what there is.\n" in err
    assert err.count("\n") == 1


def test_a_bug_is_reported_as_one(place, capsys):
    """The sentence says that it is not the user's fault; no traceback, and no file is left."""
    assert zhiyin("generate", "fail at 3", "-o", "out.mp3") == 1
    err = capsys.readouterr().err
    assert "this should not have happened (ValueError: the script says so)" in err
    assert "--debug" in err
    assert "Traceback" not in err
    assert names(place) == []


@pytest.mark.parametrize("argv", [["fail at 3"], ["--seconds", "0"]])
def test_debug_prints_a_traceback(place, argv):
    """With --debug every failure comes with its traceback."""
    with pytest.raises(Exception, match="the script says so|at most 120 seconds"):
        zhiyin("generate", "--debug", *argv)


def test_interrupting_leaves_no_files(place, capsys):
    """Ctrl-C in the middle: exit code 130, a short sentence, no file."""
    Path("out-1.mp3").write_bytes(b"older")
    assert zhiyin("generate", "interrupt at 5", "--takes", 2, "-o", "out.mp3") == 130
    assert capsys.readouterr().err.splitlines()[-1] == "Stopped."
    assert names(place) == ["out-1.mp3"]
    assert Path("out-1.mp3").read_bytes() == b"older"


@pytest.mark.parametrize("option", ["--seed", "--takes", "--top-k"])
@pytest.mark.parametrize("digits", [25, 1000, 5000])
def test_huge_numbers_are_refused_with_one_sentence(place, capsys, option, digits):
    """They are not parsed, and not repeated whole."""
    with suppress(SystemExit):
        assert zhiyin("generate", option, "1" * digits, opener=Opener()) == 1
    (sentence,) = capsys.readouterr().err.strip().splitlines()[-1:]
    assert option in sentence or "Top-k" in sentence
    assert len(sentence) < 160
