"""`zhiyin generate --then` and `--endless`: prompts that change while it plays."""

from __future__ import annotations

import os

import numpy as np
import pytest

from bot.audio.files.wav_stream import to_pcm
from bot.cli import generate
from bot.cli.app import build_parser
from bot.cli.generate_plan import make_plan
from bot.cli.generate_words import TypedWords, most_words, read_changes, read_words
from bot.cli.interrupts import Interrupts
from bot.config import Config
from bot.domain.generation import GenerationRequest, PromptChange
from bot.errors import RequestError
from tests.cli.test_generate_stream import STREAM, place, samples_in, zhiyin
from tests.support.scripted_engine import Opener, tone

__all__ = ["place"]  # a fixture


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slow  jazz, piano", (("slow jazz, piano", 100.0),)),
        ("70% jazz | 30 % techno", (("jazz", 70.0), ("techno", 30.0))),
        ("jazz|techno|folk", (("jazz", 100.0), ("techno", 100.0), ("folk", 100.0))),
        (".5% 90s rock", (("90s rock", 0.5),)),
        (" ", ((None, 100.0),)),
        ("100% | jazz", ((None, 100.0), ("jazz", 100.0))),
    ],
)
def test_prompts_are_parsed_with_their_weights(text, words):
    """A percentage before a prompt is its weight; an empty prompt means none."""
    assert read_words(text) == words


def test_changes_are_sorted_by_time():
    """In whatever order they are given, each with the same fade."""
    changes = read_changes(["20:slow jazz", " 7.5 : rock: hard"], 3.0, 30.0)
    assert [(c.at_seconds, c.words, c.fade_seconds) for c in changes] == [
        (7.5, (("rock: hard", 100.0),), 3.0),
        (20.0, (("slow jazz", 100.0),), 3.0),
    ]


def test_slots_are_reserved_for_simultaneous_changes():
    """Prompts that follow during a fade, or are encoded ahead, need slots, too."""
    apart = read_changes(["10:a", "60:b|c", "100:d"], 4.0, None)
    assert most_words(apart) == 2
    assert most_words(read_changes(["10:a", "12:b", "17:c|d"], 4.0, None)) == 4
    assert most_words(()) == 0


def plan_of(*argv):
    return make_plan(build_parser().parse_args(["generate", *map(str, argv)]), Config())


def test_a_plan_knows_all_words_and_how_many_change_at_once(place):
    """Each take has slots of its own; typed prompts are not known ahead."""
    plan = plan_of("techno", "--takes", 2, "--then", "5:jazz|folk", "--then", "8:", "-o", "a.wav")
    assert plan.prompts == {"techno", "jazz", "folk"}
    assert plan.most_words == 6
    assert plan_of("techno").most_words == 0


def test_the_engine_is_asked_for_every_change(place, capsys):
    """Without a stream, too: each take changes."""
    opener = Opener()
    argv = ["techno", "--takes", 2, "--seconds", 9, "--then", "5:jazz", "--fade", 2, "-o", "a.wav"]
    assert zhiyin(*argv, opener=opener) == 0
    (engine,) = opener.engines
    change = PromptChange(words=(("jazz", 100.0),), fade_seconds=2.0, at_seconds=5.0)
    assert engine.changes == [change, change]


def test_the_time_of_a_prompt_change_is_printed(place, capfdbinary):
    """On standard error, during the stream."""
    opener = Opener()
    argv = ["techno", "--seconds", 9, "--then", "5:70% jazz | 30% rock", *STREAM]
    assert zhiyin(*argv, opener=opener) == 0
    assert b"From 5.0 s on: jazz | rock" in capfdbinary.readouterr().err


def test_endless_music_plays_until_it_is_stopped(place, capfdbinary):
    """Each chunk is acknowledged; Ctrl-C ends it as any other clip."""
    opener = Opener()
    assert zhiyin("interrupt at 21", "--seed", 440, "--endless", *STREAM, opener=opener) == 130
    sent = samples_in(capfdbinary.readouterr().out)
    piece = tone(GenerationRequest(seconds=0.1, seed=440)).samples
    assert np.array_equal(sent, np.tile(to_pcm(piece).T, 20))
    (engine,) = opener.engines
    assert engine.requests[0].seconds is None
    assert engine.taken_seconds == pytest.approx(2.0)


def test_typed_lines_change_the_prompt():
    """Complete lines only, not empty ones; the end of the input changes nothing."""
    ours, theirs = os.pipe()
    try:
        typed = TypedWords(ours, 2.0)
        assert typed.read() == []
        os.write(theirs, b"slow jazz\n\n70% te")
        assert typed.read() == ["slow jazz"]
        os.write(theirs, "chno | 30% 慢\n".encode())
        change = typed.change(*typed.read())
        assert change.words == (("techno", 70.0), ("慢", 30.0))
        assert (change.fade_seconds, change.at_seconds) == (2.0, None)
        os.write(theirs, b"techno\n" + b"x" * 2001 + b"\njazz\n")
        first, bad, last = typed.read()
        with pytest.raises(RequestError):
            typed.change(bad)
        assert [typed.change(line).words[0][0] for line in (first, last)] == ["techno", "jazz"]
    finally:
        os.close(theirs)
    assert typed.read() == typed.read() == []
    os.close(ours)
    assert TypedWords(None, 2.0).read() == []


def test_the_real_engine_fades_from_one_prompt_to_another(
    place, kernel_cache, monkeypatch, tiny_mono
):
    """The clip equals the one without a change until then, and differs afterwards."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kernel_cache.parent))
    usual = ["a", "--seconds", 1.0, "--seed", 5, "--model", tiny_mono, "--precision", "fp32"]
    made = []
    for more in ([], ["--then", "0.5:b", "--fade", 0.2]):
        plan = plan_of(*usual, *more)
        engine = generate.open_engine(plan, Config(), Interrupts())
        (clip,) = generate.make(engine, plan.requests, Quiet(), Interrupts(), changes=plan.changes)
        made.append(clip.tokens)
    assert np.array_equal(made[0][:, :22], made[1][:, :22])
    assert not np.array_equal(made[0][:, 25:], made[1][:, 25:])


class Quiet:
    def stage(self, name, unit="s"):
        pass

    def made(self, amount, of_amount):
        pass


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--endless"], "--endless makes no file, since it has no end"),
        (["--endless", *STREAM, "--seconds", "9"], "leave out --endless or --seconds."),
        (["--endless", *STREAM, "--stems"], "leave out --stream or --stems."),
        (["--then", "jazz"], "--then takes the second and the words"),
        (["--then=-3:jazz"], "--then takes the second and the words"),
        (["--seconds", "9", "--then", "9:jazz"], "The words can't change at 9 s"),
        (["--then", "1:a|b|c|d"], "From 1 to 3 prompts can be mixed."),
        (["--then", "1:0% a"], "A prompt's weight must be above 0"),
        (["--then", "1:a", "--fade", "-1"], "A fade takes from 0 to 600 seconds."),
    ],
)
def test_invalid_changes_are_refused_before_loading(place, capsys, argv, sentence):
    """One sentence, and no engine is opened."""
    opener = Opener()
    assert zhiyin("techno", *argv, opener=opener) == 1
    out, err = capsys.readouterr()
    assert sentence in err
    assert err.count("\n") == 1 and out == ""
    assert opener.engines == []


def test_the_last_line_of_the_input_needs_no_line_break():
    """It is read once, and nothing follows."""
    ours, theirs = os.pipe()
    os.write(theirs, b"slow jazz")
    typed = TypedWords(ours, 2.0)
    assert typed.read() == []
    os.close(theirs)
    assert typed.read() == ["slow jazz"]
    assert typed.read() == []
    os.close(ours)
