"""`zhiyin generate --stream -o -`: sound on standard output while it is generated."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.audio.ffmpeg import find_ffmpeg
from bot.audio.files.wav_stream import to_pcm, wav_header
from bot.audio.int16 import from_int16
from bot.audio.limiter import KNEE
from bot.cli import console, generate
from bot.cli.app import build_parser, dispatch
from bot.cli.generate_plan import make_plan
from bot.cli.interrupts import Interrupts
from bot.config import Config
from bot.domain.generation import GenerationRequest
from tests.support.scripted_engine import RATE_HZ, STEPS, Opener, tone

ROOT = Path(__file__).parents[2]
STREAM = ("--stream", "-o", "-")
HEADER_BYTES = 44


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def zhiyin(*argv, opener):
    args = build_parser().parse_args(["generate", *(str(arg) for arg in argv)])
    return dispatch(args, Interrupts(), open_engine=opener)


def samples_in(data, channels=1):
    """The samples [channels, samples] after the header of a stream."""
    return np.frombuffer(data[HEADER_BYTES:], "<i2").reshape(-1, channels).T


# What is sent


@pytest.mark.parametrize(("model", "channels"), [("tiny_mono", 1), ("tiny_stereo", 2)])
def test_the_stream_is_the_clip_before_leveling(
    place, capfdbinary, kernel_cache, monkeypatch, request, model, channels
):
    """Equal to the engine's output for the same request, rounded to 16 bits."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kernel_cache.parent))
    folder = request.getfixturevalue(model)
    argv = ["a", "--seconds", 1.5, "--seed", 5, "--model", folder, "--precision", "fp32", *STREAM]
    assert zhiyin(*argv, opener=generate.open_engine) == 0
    sent = capfdbinary.readouterr().out
    assert sent[:HEADER_BYTES] == wav_header(RATE_HZ, channels)
    plan = make_plan(build_parser().parse_args(["generate", *map(str, argv)]), Config())
    engine = generate.open_engine(plan, Config(), Interrupts())
    with console.reporter(sys.stderr) as report:
        (made,) = generate.make(engine, plan.requests, report, Interrupts())
    whole, streamed = made.sound.samples, samples_in(sent, channels)
    assert np.array_equal(streamed, to_pcm(whole).T)
    quiet = np.abs(whole) <= KNEE
    assert quiet.mean() > 0.5
    assert np.abs(from_int16(streamed) - whole)[quiet].max() <= 0.5 / 32768


def test_a_player_s_decoder_reads_the_stream(place, capfdbinary):
    """ffmpeg accepts the unknown length and decodes the same samples."""
    opener = Opener()
    assert zhiyin("a", "--seconds", 2, "--seed", 440, *STREAM, opener=opener) == 0
    sent = capfdbinary.readouterr().out
    command = [str(find_ffmpeg()), "-v", "error", "-i", "pipe:0", "-f", "s16le", "pipe:1"]
    done = subprocess.run(command, input=sent, capture_output=True, check=True)
    assert np.array_equal(np.frombuffer(done.stdout, "<i2"), samples_in(sent)[0])
    assert np.array_equal(samples_in(sent), to_pcm(tone(opener.requests[0]).samples).T)


def test_only_audio_is_written_to_standard_output(place, capfdbinary):
    """Progress and summary are on standard error; no file is written."""
    assert zhiyin("wait at 20", "--seconds", 2, "--seed", 440, *STREAM, opener=Opener()) == 0
    out, err = capfdbinary.readouterr()
    assert len(out) == HEADER_BYTES + 2 * 2 * RATE_HZ
    lines = err.decode().splitlines()
    # The model knows no such word.
    assert '"wait"' in lines[0]
    assert lines[1:3] == ["Loading starter …", "Making a clip of 2 s …"]
    assert lines[-1].startswith("standard output: 2.0 s of sound, made in ")
    assert lines[-1].endswith("seed 440")
    assert list(place.iterdir()) == []


# While it is made


def start(place, prompt, **streams):
    """Start the program around a scripted engine; its standard error is a file."""
    code = (
        "import sys; from bot.__main__ import main\n"
        "def open_engine(*asked):\n"
        "    from tests.support.scripted_engine import Opener\n"
        "    return Opener()(*asked)\n"
        "sys.exit(main(sys.argv[1:], open_engine=open_engine))"
    )
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            code,
            "generate",
            prompt,
            "--seconds",
            "2",
            "--seed",
            "440",
            *STREAM,
        ],
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        **streams,
    )


def test_audio_is_written_before_the_clip_is_finished(place):
    """The engine stops at step four of ten, and three chunks can be read by then.

    A player that closes its end is no error.
    """
    with open(place / "said", "wb") as errors:
        process = start(place, "wait at 4", stdout=subprocess.PIPE, stderr=errors)
        third = 2 * RATE_HZ * 3 // STEPS
        sent = process.stdout.read(HEADER_BYTES + 2 * third)
        process.stdout.close()
        assert process.wait(timeout=60) == 1
    whole = tone(GenerationRequest(seconds=2.0, seed=440)).samples
    assert np.array_equal(samples_in(sent), to_pcm(whole[:, :third]).T)
    error_lines = (place / "said").read_text().splitlines()
    assert "waiting" in error_lines
    assert "Traceback" not in "".join(error_lines)
    assert [line for line in error_lines if line.startswith("zhiyin: ")] == []


def test_ctrl_c_ends_a_stream(place):
    """As it does any other clip."""
    process = start(
        place, "wait at 4", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    while process.stderr.readline() != "waiting\n":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "Stopped."


# Peaks


def test_nan_samples_become_silence():
    """Whatever the model produces."""
    samples = np.array([[np.nan, 0.5, np.inf, -np.inf]], np.float32)
    assert to_pcm(samples)[:, 0].tolist() == [0, 16384, 32767, -32768]


# What is refused


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--stream"], "--stream and -o - belong together"),
        (["--stream", "-o", "out.wav"], "--stream and -o - belong together"),
        (["-o", "-"], "--stream and -o - belong together"),
        ([*STREAM, "--takes", "2"], "leave out --stream or --takes."),
        ([*STREAM, "--loop"], "leave out --stream or --loop."),
        ([*STREAM, "--stems"], "leave out --stream or --stems."),
    ],
)
def test_unstreamable_options_are_refused_before_loading(place, capsys, argv, sentence):
    """One sentence, and no output."""
    opener = Opener()
    assert zhiyin(*argv, opener=opener) == 1
    out, err = capsys.readouterr()
    assert sentence in err
    assert err.count("\n") == 1
    assert out == ""
    assert opener.engines == []


def test_audio_is_not_written_to_a_terminal(place):
    """A terminal would show it as characters."""
    ours, theirs = os.openpty()
    process = start(place, "a", stdout=theirs, stderr=subprocess.PIPE, text=True)
    os.close(theirs)
    _, err = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 1
    assert err.startswith("zhiyin: Standard output is this terminal")
