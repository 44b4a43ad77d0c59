"""The beat of a recording as codes of a model's clock."""

from __future__ import annotations

import numpy as np
import pytest

from bot.audio.notation import load_notation
from bot.audio.written_clock import find_clock
from bot.models.registry import starter_folder
from bot.starter.training.data.codebooks import CLOCK, clock_meaning
from tests.support.known_sounds import RATE_HZ, drums, sound_of

FRAME_SAMPLES = 640


@pytest.fixture(scope="module")
def notation():
    return load_notation(starter_folder())


def read(codes):
    """Return the beat in frames, and the frames in which a beat begins."""
    told = [clock_meaning(int(code)) for code in codes[CLOCK]]
    meanings = [each for each in told if each is not None]
    assert len(meanings) == len(told)
    (beat,) = {beat for _, beat, _ in meanings}
    return beat, [frame for frame, (_, _, place) in enumerate(meanings) if place == 0]


@pytest.mark.parametrize(("bpm", "beat"), [(75, 40), (100, 30), (125, 24), (150, 20)])
def test_a_beat_that_is_heard_is_counted(notation, bpm, beat):
    """In frames of the nearest length; the last beats of the sound are where they are heard."""
    first, seconds = 0.15, 12.0
    codes = find_clock(sound_of(drums(bpm, seconds, first)), FRAME_SAMPLES, notation, None)
    found, begins = read(codes)
    assert codes.shape == (2, 600)
    assert not codes[1 - CLOCK].any()
    assert abs(found / beat - 1) < 0.045
    beats = np.arange(first, seconds, 60 / bpm) * RATE_HZ / FRAME_SAMPLES
    for wanted in beats[-2:]:
        assert min(abs(wanted - each) for each in begins) < 1.6


def test_a_tempo_beyond_the_clock_is_counted_in_longer_beats(notation):
    """The fastest that it counts is 176: of 190 beats a minute every second one is counted."""
    codes = find_clock(sound_of(drums(190, 12.0)), FRAME_SAMPLES, notation, "190 bpm")
    assert read(codes)[0] == pytest.approx(2 * 50 * 60 / 190, rel=0.045)


def test_among_tempi_that_fit_the_prompt_decides(notation):
    """The same sound is counted at 70 or at 140 beats a minute."""
    sound = sound_of(drums(140, 12.0))
    beats = [read(find_clock(sound, FRAME_SAMPLES, notation, f"{bpm} bpm"))[0] for bpm in (70, 140)]
    assert beats[0] == 2 * beats[1]


def test_only_the_end_of_a_long_sound_is_listened_to(notation):
    """Another tempo before it changes nothing."""
    long = np.concatenate([drums(80, 40.0), drums(125, 30.0)])
    codes = find_clock(sound_of(long), FRAME_SAMPLES, notation, None)
    assert codes.shape == (2, 3500)
    assert read(codes)[0] == 24


@pytest.mark.parametrize("seconds", [0.02, 10.0])
def test_without_a_steady_beat_nothing_is_written(notation, seconds):
    """A hiss, or a sound too short for a beat."""
    hiss = 0.1 * np.random.default_rng(0).standard_normal(round(seconds * RATE_HZ))
    assert find_clock(sound_of(hiss), FRAME_SAMPLES, notation, None) is None
