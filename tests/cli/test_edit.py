"""`zhiyin edit`, as it is typed."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from bot.cli.app import main

RATE_HZ = 32_000


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    times = np.arange(8 * RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(1).normal(size=len(times))
    for name, period, gain in (("a.wav", 0.5, 0.3), ("b.wav", 0.5, 0.05)):
        accents = np.where(times % (4 * period) < period, 1.0, 0.5)
        samples = gain * accents * noise * np.exp(-30 * (times % period))
        soundfile.write(name, samples, RATE_HZ)
    return tmp_path


def length(name):
    return soundfile.info(name).duration


def test_a_file_is_cut_at_its_beats(capsys):
    """From and to the beats nearest to what was asked."""
    assert main(["edit", "a.wav", "--from", "1.1", "--to", "4.9", "-o", "out.wav"]) == 0
    assert length("out.wav") == pytest.approx(4.0, abs=0.03)
    assert capsys.readouterr().out.startswith("out.wav: 4.0 s")


def test_two_files_are_joined_on_a_beat():
    """Equally loud, in time, and shorter than both by the seam."""
    assert main(["edit", "a.wav", "b.wav", "--crossfade", "1", "-o", "out.flac"]) == 0
    samples, _ = soundfile.read("out.flac")
    assert 13.9 <= len(samples) / RATE_HZ <= 15.1
    halves = [np.sqrt((part**2).mean()) for part in np.array_split(samples, 2)]
    assert halves[0] / halves[1] == pytest.approx(1.0, abs=0.4)


def test_a_file_becomes_a_loop():
    """Of whole bars."""
    assert main(["edit", "a.wav", "--loop", "-o", "out.wav"]) == 0
    bars = length("out.wav") / 2.0
    assert bars == pytest.approx(round(bars), abs=0.01)
    assert round(bars) in (2, 4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.wav", "b.wav", "a.wav"], "Two files can be joined"),
        (["a.wav", "--from", "5", "--to", "3"], "nothing between"),
        (["a.wav", "b.wav", "--crossfade", "99"], "from 0 to 30"),
        (["missing.wav"], "missing.wav"),
    ],
)
def test_what_can_not_be_done_is_one_sentence(place, capsys, arguments, sentence):
    """And leaves no file."""
    assert main(["edit", *arguments, "-o", "out.wav"]) == 1
    assert sentence in capsys.readouterr().err
    assert not (place / "out.wav").exists()
