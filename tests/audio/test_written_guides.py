"""Beat and harmony of a recording, as codes of the codebooks that guide a model's stems."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.audio.notation import load_notation
from bot.audio.written_guides import find_guides
from bot.models.registry import starter_folder
from bot.starter.training.data.codebooks import CLOCK, PLAN, clock_meaning, plan_meaning
from tests.support.known_sounds import RATE_HZ, drums, sound_of, triad

FRAME_SAMPLES = 640


@pytest.fixture(scope="module")
def notation():
    return load_notation(starter_folder())


def read(codes):
    """Return the beat in frames, and the frames in which a beat begins."""
    decoded = [clock_meaning(int(code)) for code in codes[CLOCK]]
    meanings = [each for each in decoded if each is not None]
    assert len(meanings) == len(decoded)
    (beat,) = {beat for _, beat, _ in meanings}
    return beat, [frame for frame, (_, _, place) in enumerate(meanings) if place == 0]


@pytest.mark.parametrize(("bpm", "beat"), [(75, 40), (100, 30), (125, 24), (150, 20)])
def test_a_beat_that_is_heard_is_counted(notation, bpm, beat):
    """In the nearest whole number of frames; the last beats are where they are heard."""
    first, seconds = 0.15, 12.0
    codes = find_guides(sound_of(drums(bpm, seconds, first)), FRAME_SAMPLES, notation, None)
    found, begins = read(codes)
    assert codes.shape == (2, 600)
    assert abs(found / beat - 1) < 0.045
    beats = np.arange(first, seconds, 60 / bpm) * RATE_HZ / FRAME_SAMPLES
    for wanted in beats[-2:]:
        assert min(abs(wanted - each) for each in begins) < 1.6


def test_a_tempo_beyond_the_clock_is_counted_in_longer_beats(notation):
    """Codes reach 176 BPM: of 190 BPM, every second beat is written."""
    codes = find_guides(sound_of(drums(190, 12.0)), FRAME_SAMPLES, notation, "190 bpm")
    assert read(codes)[0] == pytest.approx(2 * 50 * 60 / 190, rel=0.045)


def test_among_tempi_that_fit_the_prompt_decides(notation):
    """The same sound is written at 70 or at 140 BPM."""
    sound = sound_of(drums(140, 12.0))
    beats = [
        read(find_guides(sound, FRAME_SAMPLES, notation, f"{bpm} bpm"))[0] for bpm in (70, 140)
    ]
    assert beats[0] == 2 * beats[1]


def test_chords_that_are_heard_are_planned(notation):
    """C major, A minor, F and G over drums: root and quality, beat by beat."""
    chords = [(0, "maj"), (9, "min"), (5, "maj"), (7, "maj")]
    bar = 4 * 60 / 125
    heard = [triad(root, 3 if quality == "min" else 4, bar) for root, quality in chords]
    sound = np.concatenate([*heard, *heard])
    sound = sound + 0.5 * drums(125, len(sound) / RATE_HZ)[: len(sound)]
    codes = find_guides(sound_of(sound), FRAME_SAMPLES, notation, None)
    right, beats = [], []
    for frame, code in enumerate(codes[PLAN]):
        place = frame * FRAME_SAMPLES / RATE_HZ / bar
        meaning = plan_meaning(int(code))
        right.append(meaning is not None and meaning[:2] == chords[int(place) % 4])
        if meaning is not None:
            beats.append(abs((meaning[2] - place % 1 * 4 + 2) % 4 - 1.5))
    assert np.mean(right) > 0.85
    assert np.median(beats) < 0.55


def test_drums_alone_have_a_clock_and_no_plan(notation):
    """The harmony is written as unknown."""
    codes = find_guides(sound_of(drums(125, 12.0)), FRAME_SAMPLES, notation, None)
    assert codes[CLOCK].all()
    assert not codes[PLAN].any()


def test_only_the_end_of_a_long_sound_is_listened_to(notation):
    """An earlier part at another tempo is ignored."""
    long = np.concatenate([drums(80, 40.0), drums(125, 30.0)])
    codes = find_guides(sound_of(long), FRAME_SAMPLES, notation, None)
    assert codes.shape == (2, 3500)
    assert not codes[:, :2000].any()
    assert read(codes[:, 2000:])[0] == 24


def test_a_notation_without_chords_has_no_plan(notation):
    """Older checkpoints do not describe the chords of their codes."""
    older = replace(notation, plan=replace(notation.plan, qualities=()))
    sound = sound_of(0.3 * drums(125, 12.0) + triad(0, 4, 12.0))
    codes = find_guides(sound, FRAME_SAMPLES, older, None)
    assert codes[CLOCK].all()
    assert not codes[PLAN].any()


@pytest.mark.parametrize("seconds", [0.02, 10.0])
def test_without_a_steady_beat_nothing_is_written(notation, seconds):
    """For noise, and for a sound too short for a beat."""
    hiss = 0.1 * np.random.default_rng(0).standard_normal(round(seconds * RATE_HZ))
    assert find_guides(sound_of(hiss), FRAME_SAMPLES, notation, None) is None
