"""The command line: what it makes, what it says, and what it leaves behind."""

from __future__ import annotations

import io
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.audio.files.tags import read_tags
from bot.cli import console
from bot.cli.app import build_parser, dispatch
from bot.cli.interrupts import Interrupts
from bot.domain.generation import Sampling
from bot.i18n.sentence import verbatim
from tests.support.known_sounds import drums
from tests.support.scripted_engine import Opener


@pytest.fixture
def place(tmp_path, monkeypatch, cache_home):
    """A folder to work in."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_home))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def zhiyin(*argv, opener=None, interrupts=None):
    args = build_parser().parse_args([str(arg) for arg in argv])
    return dispatch(args, interrupts or Interrupts(), open_engine=opener or Opener())


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def pitch_hz(path):
    """The loudest frequency of a file, which is what the scripted engine makes of a seed."""
    samples, rate_hz = soundfile.read(path)
    spectrum = np.abs(np.fft.rfft(samples if samples.ndim == 1 else samples[:, 0]))
    return round(int(spectrum.argmax()) * rate_hz / len(samples))


# What it makes


def test_a_prompt_becomes_a_file(place, capsys):
    """The summary has the length, the time, the pace, the file and the seed."""
    opener = Opener()
    assert zhiyin("generate", "90s rock", "--seconds", 2, "--seed", 440, "-o", "out.mp3",
                  opener=opener) == 0  # fmt: skip
    (request,) = opener.requests
    assert (request.prompt, request.seconds, request.seed, request.audio) == (
        "90s rock", 2.0, 440, None,
    )  # fmt: skip
    assert soundfile.info("out.mp3").duration == pytest.approx(2, abs=0.01)
    assert pitch_hz("out.mp3") == 440
    assert names(place) == ["out.mp3"]
    out = capsys.readouterr().out
    assert re.fullmatch(
        r"out\.mp3: 2\.0 s of sound, made in \d+\.\d s \(real-time factor \d+\.\d\d\), "
        r"loading \d+\.\d s, seed 440\n", out
    )  # fmt: skip


def test_a_clip_can_be_cut_as_a_loop(place, capsys):
    """The file holds the loop, and the summary says how long it is."""
    opener = Opener()
    argv = ("generate", "90s rock", "--loop", "--seconds", 4, "--seed", 440, "-o", "out.wav")
    assert zhiyin(*argv, opener=opener) == 0
    seconds = soundfile.info("out.wav").duration
    assert 0.4 * 4 <= seconds < 4
    assert f"out.wav: a loop of {seconds:.1f} s, made in" in capsys.readouterr().out
    assert read_tags(Path("out.wav").read_bytes()).loops


def test_no_arguments_make_a_random_clip(place, capsys):
    """No prompt and no audio: a clip of the usual length, under a name that tells its seed."""
    opener = Opener()
    assert zhiyin("generate", opener=opener) == 0
    (request,) = opener.requests
    assert (request.prompt, request.audio, request.seconds) == (None, None, 10.0)
    assert names(place) == [f"zhiyin-{request.seed}.mp3"]
    assert f"seed {request.seed}" in capsys.readouterr().out


def test_seeds_differ_unless_given(place):
    """Two clips of nobody's choice are two clips."""
    openers = [Opener(), Opener()]
    for opener in openers:
        zhiyin("generate", "-o", "out.wav", opener=opener)
    first, second = (opener.requests[0].seed for opener in openers)
    assert first != second


def test_the_continued_file_is_not_overwritten(place, capsys):
    """It may be the only one of its kind; it's refused before anything is made."""
    soundfile.write("song.wav", np.full(32_000, 0.1), 32_000)
    before = Path("song.wav").read_bytes()
    opener = Opener()
    argv = ("generate", "--audio", "song.wav", "-o", place / "song.wav")
    assert zhiyin(*argv, opener=opener) == 1
    assert "song.wav is the file this is made from" in capsys.readouterr().err
    assert opener.engines == []
    assert Path("song.wav").read_bytes() == before


def test_only_the_named_file_is_overwritten(place):
    """-o means that file; a name of our own choice never hits another clip."""
    for _ in range(2):
        zhiyin("generate", "--seed", 7, "-o", "mine.mp3")
        zhiyin("generate", "--seed", 7)
    assert names(place) == ["mine.mp3", "zhiyin-7-2.mp3", "zhiyin-7.mp3"]


def test_takes_are_one_batch_with_consecutive_seeds(place, capsys):
    """All takes go through one engine at the same time, each to its own file."""
    opener = Opener()
    zhiyin("generate", "a", "--takes", 3, "--seed", 500, "--seconds", 1, "-o", "out.flac",
           opener=opener)  # fmt: skip
    assert [request.seed for request in opener.requests] == [500, 501, 502]
    assert [pitch_hz(f"out-{take}.flac") for take in (1, 2, 3)] == [500, 501, 502]
    assert names(place) == ["out-1.flac", "out-2.flac", "out-3.flac"]
    out = capsys.readouterr().out
    assert "out-2.flac: 1.0 s of sound, seed 501" in out
    assert "3 clips: 3.0 s of sound made in" in out


def test_unset_options_come_from_the_model(place):
    """A setting changes nothing but itself."""
    opener = Opener()
    zhiyin("generate", "a", "--temperature", 0.5, "-o", "a.wav", opener=opener)
    assert opener.requests[0].sampling == Sampling(guidance=1.0, top_k=100, temperature=0.5)


def test_all_settings_reach_the_model(place):
    """Every option that shapes the sound arrives."""
    opener = Opener()
    zhiyin("generate", "--guidance", 1, "--temperature", 2, "--top-k", 0, "--top-p", 0.9,
           "-o", "a.wav", opener=opener)  # fmt: skip
    assert opener.requests[0].sampling == Sampling(guidance=1, temperature=2, top_k=0, top_p=0.9)


def test_greedy_precedes_the_model_and_sampling_options_precede_greedy(place, tiny_mono, tmp_path):
    """A model that is greedy by itself samples when a person asks for a temperature."""
    greedy = shutil.copytree(tiny_mono, tmp_path / "greedy")
    (greedy / "generation_config.json").write_text('{"do_sample": false}')
    opener = Opener()
    zhiyin("generate", "--greedy", "-o", "a.wav", opener=opener)
    assert opener.requests[0].sampling.greedy
    opener = Opener()
    zhiyin("generate", "--model", greedy, "-o", "a.wav", opener=opener)
    assert opener.requests[0].sampling.greedy
    opener = Opener()
    zhiyin("generate", "--model", greedy, "--top-k", 5, "-o", "a.wav", opener=opener)
    assert not opener.requests[0].sampling.greedy


@pytest.mark.parametrize(("model", "channels"), [("tiny_mono", 1), ("tiny_stereo", 2)])
def test_a_sound_file_is_continued(place, capsys, model, channels, request):
    """The audio arrives in the model's rate and channels, cut to its end, and opens the result."""
    wave = 0.25 * np.sin(np.arange(25 * 8000) / 10)
    soundfile.write("mine.wav", wave, 8000)
    opener = Opener()
    zhiyin("generate", "a", "--audio", "mine.wav", "--seconds", 2, "-o", "out.wav",
           "--model", request.getfixturevalue(model), opener=opener)  # fmt: skip
    audio = opener.requests[0].audio
    assert audio.samples.shape == (channels, 20 * 32_000)
    assert soundfile.info("out.wav").duration == 22.0
    assert "2.0 s of sound after 20.0 s of yours" in capsys.readouterr().out


def test_the_beat_of_a_sound_file_is_told_to_the_built_in_model(place):
    """So that what goes on keeps its tempo: 24 frames of a fiftieth of a second are 125 BPM."""
    soundfile.write("mine.wav", drums(125, 10.0), 32_000)
    opener = Opener()
    zhiyin("generate", "--audio", "mine.wav", "--seconds", 2, "-o", "out.wav", opener=opener)
    guides = opener.requests[0].audio_guides
    assert guides.shape == (2, 500)
    assert len(np.unique(guides[0])) == 24


def test_settings_come_from_the_configuration(place):
    """--config is understood before and after the command."""
    Path("my.toml").write_text("[generation]\ndefault_seconds = 3\n")
    for argv in (["--config", "my.toml", "generate"], ["generate", "--config", "my.toml"]):
        opener = Opener()
        zhiyin(*argv, "-o", "a.wav", opener=opener)
        assert opener.requests[0].seconds == 3.0


# What it refuses


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
    """One sentence, exit code 1, no file, and the model isn't even opened."""
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
    """And with where to read more; exit code 2, as programs do."""
    with pytest.raises(SystemExit) as caught:
        zhiyin(*argv)
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("zhiyin: ")
    assert "--help` lists what there is.\n" in err
    assert err.count("\n") == 1


def test_a_bug_is_reported_as_one(place, capsys):
    """What isn't the person's fault says so, without a traceback, and leaves no file."""
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


# What it shows


def test_progress_in_a_log_is_a_few_lines(place, capsys):
    """Where standard error isn't a terminal there is no bar and no control character."""
    zhiyin("generate", "a", "--takes", 2, "--seconds", 4, "-o", "out.wav")
    assert capsys.readouterr().err.splitlines() == [
        "Loading starter …",
        "Making 2 clips of 4 s …",
        "  2.4 of 8.0 s",
        "  4.0 of 8.0 s",
        "  6.4 of 8.0 s",
    ]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_bar_with_the_time_left(monkeypatch):
    """Amount done, amount in all and time left are shown, and go away at the end."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    terminal = Terminal()
    clock = itertools.count(0.0, 0.05)
    with console.reporter(terminal, clock=lambda: next(clock)) as report:
        report.stage(verbatim("Loading [red]starter[/red]"))
        report.stage(verbatim("Making a clip"))
        for tenth in range(1, 6):
            report.made(tenth, 10.0)
    shown = terminal.getvalue()
    assert "Making a clip" in shown
    assert "5.0 of 10.0 s" in shown
    assert re.search(r"0:0\d left", shown)
    assert shown.endswith("\x1b[2K")


def test_a_narrow_terminal_gets_lines(monkeypatch):
    """A bar would be broken into several lines there, and drawn anew below itself."""
    monkeypatch.setenv("COLUMNS", "30")
    terminal = Terminal()
    with console.reporter(terminal) as report:
        report.stage(verbatim("Making a clip"))
        report.made(5.0, 10.0)
    assert terminal.getvalue() == "Making a clip …\n  5.0 of 10.0 s\n"


# As a process


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
    """Nothing scripted: a real model, a real engine, a file that plays."""
    process = start(place, "-m", "bot", "generate", "90s rock", "--seconds", "1", "-o", "out.mp3")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert out.startswith("out.mp3: 1.0 s of sound, made in ")
    assert err.splitlines()[:2] == ["Loading starter …", "Making a clip of 1 s …"]
    samples, rate_hz = soundfile.read(place / "out.mp3")
    assert (rate_hz, len(samples)) == (32_000, 32_000)
    assert 0.001 < np.abs(samples).mean() < 1


def test_the_whole_program_can_be_interrupted(kernel_cache, place):
    """MindSpore has a handler of its own for Ctrl-C; ours has the last word."""
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
    """Ctrl-C or a service manager's stop: no traceback, no half file."""
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
    """`zhiyin models | head -1` ends without complaint."""
    process = start_scripted(place, "models")
    process.stdout.close()
    assert process.wait(timeout=30) == 1
    assert process.stderr.read() == ""
    process.stderr.close()


def test_no_thread_starts_before_signal_handlers(place):
    """A library's thread would take the Ctrl-C: none is started by the import of the program."""
    code = "import os, sys, bot.__main__; sys.exit(len(os.listdir('/proc/self/task')) != 1)"
    process = start(place, "-c", code)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err


@pytest.mark.parametrize("argv", [["--help"], ["models"], ["generate", "--seconds", "0"]])
def test_model_libraries_are_imported_lazily(place, empty_cache, argv):
    """Help, lists and refusals come at once."""
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
    """`zhiyin --version` says which one is running."""
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args(["--version"])
    assert caught.value.code == 0
    assert re.fullmatch(r"zhiyin \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize("option", ["--seed", "--takes", "--top-k"])
@pytest.mark.parametrize("digits", [25, 1000, 5000])
def test_huge_numbers_are_refused_with_one_sentence(place, capsys, option, digits):
    """Without reading them, and without repeating them all."""
    with suppress(SystemExit):
        assert zhiyin("generate", option, "1" * digits, opener=Opener()) == 1
    (sentence,) = capsys.readouterr().err.strip().splitlines()[-1:]
    assert option in sentence or "Top-k" in sentence
    assert len(sentence) < 160
