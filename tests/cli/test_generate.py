"""`zhiyin generate`: the files it makes, and which options reach the model."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.audio.files.tags import read_tags
from bot.domain.generation import Sampling
from tests.support.command_line import names, zhiyin
from tests.support.known_sounds import drums
from tests.support.scripted_engine import Opener


def pitch_hz(path):
    """The loudest frequency of a file, which the scripted engine sets to the seed."""
    samples, rate_hz = soundfile.read(path)
    spectrum = np.abs(np.fft.rfft(samples if samples.ndim == 1 else samples[:, 0]))
    return round(int(spectrum.argmax()) * rate_hz / len(samples))


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
    """Without prompt and audio: a clip of default length, in a file named by its seed."""
    opener = Opener()
    assert zhiyin("generate", opener=opener) == 0
    (request,) = opener.requests
    assert (request.prompt, request.audio, request.seconds) == (None, None, 10.0)
    assert names(place) == [f"zhiyin-{request.seed}.mp3"]
    assert f"seed {request.seed}" in capsys.readouterr().out


def test_seeds_differ_unless_given(place):
    """Two clips without a given seed differ."""
    openers = [Opener(), Opener()]
    for opener in openers:
        zhiyin("generate", "-o", "out.wav", opener=opener)
    first, second = (opener.requests[0].seed for opener in openers)
    assert first != second


def test_the_continued_file_is_not_overwritten(place, capsys):
    """It may be the only copy; the refusal comes before anything is generated."""
    soundfile.write("song.wav", np.full(32_000, 0.1), 32_000)
    before = Path("song.wav").read_bytes()
    opener = Opener()
    argv = ("generate", "--audio", "song.wav", "-o", place / "song.wav")
    assert zhiyin(*argv, opener=opener) == 1
    assert "song.wav is the file this is made from" in capsys.readouterr().err
    assert opener.engines == []
    assert Path("song.wav").read_bytes() == before


def test_only_the_named_file_is_overwritten(place):
    """-o names that file; a default name never overwrites another clip."""
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
    """One given setting changes no other."""
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
    """So that the continuation keeps its tempo: 24 frames of a fiftieth of a second are 125 BPM."""
    soundfile.write("mine.wav", drums(125, 10.0), 32_000)
    opener = Opener()
    zhiyin("generate", "--audio", "mine.wav", "--seconds", 2, "-o", "out.wav", opener=opener)
    guides = opener.requests[0].audio_guides
    assert guides.shape == (2, 500)
    assert len(np.unique(guides[0])) == 24


def test_settings_come_from_the_configuration(place):
    """--config is accepted before and after the command."""
    Path("my.toml").write_text("[generation]\ndefault_seconds = 3\n")
    for argv in (["--config", "my.toml", "generate"], ["generate", "--config", "my.toml"]):
        opener = Opener()
        zhiyin(*argv, "-o", "a.wav", opener=opener)
        assert opener.requests[0].seconds == 3.0
