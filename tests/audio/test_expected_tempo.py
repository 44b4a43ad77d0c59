"""The tempo that a prompt asks for, and the tempo that a card shows of the result."""

from __future__ import annotations

import pytest

from bot.audio.analysis.expected_tempo import ExpectedTempo, expected_tempo
from bot.audio.analysis.rhythm import Rhythm, find_rhythm
from bot.audio.finish import CLEAR_CONFIDENCE, clear_bpm, finish
from tests.support.known_sounds import drums, noise, sound_of


@pytest.mark.parametrize(
    ("prompt", "bpm"),
    [
        ("techno at 128 BPM", 128),
        ("techno, 128bpm", 128),
        ("a 92.5 bpm groove", 92.5),
        ("120-bpm house", 120),
        ("90 beats per minute", 90),
        ("每分钟 120 拍", 120),
        ("slow jazz at 150 bpm", 150),
    ],
)
def test_a_number_of_beats_is_understood(prompt, bpm):
    """In any notation; a number takes precedence over a word."""
    found = expected_tempo(prompt)
    assert found is not None
    assert found.bpm == bpm
    assert found.is_number


@pytest.mark.parametrize(
    ("prompt", "slowest", "fastest"),
    [("slow jazz", 50, 100), ("慢 爵士", 50, 100), ("Fast punk", 120, 200), ("uptempo", 120, 200)],
)
def test_tempo_words_give_an_approximate_tempo(prompt, slowest, fastest):
    """A word gives a rough tempo, which decides among its octaves."""
    found = expected_tempo(prompt)
    assert found is not None
    assert slowest < found.bpm < fastest
    assert not found.is_number


@pytest.mark.parametrize(
    "prompt",
    [
        None,
        "",
        "90s rock",
        "909 drums",
        "7 bpm",
        "999 bpm",
        "from slow to fast",
        "breakfast",
        "1128",
    ],
)
def test_a_prompt_without_a_tempo_has_none(prompt):
    """A decade, a drum machine, numbers out of range, and contradicting words give none."""
    assert expected_tempo(prompt) is None


@pytest.mark.parametrize(("prompt", "reported"), [("slow rock", 80), ("fast rock", 160)])
def test_the_requested_tempo_resolves_octave_errors(prompt, reported):
    """The same drums are reported at 80 for a slow prompt and at 160 for a fast one."""
    bpm = finish(sound_of(drums(160)), as_loop=False, prompt=prompt).bpm
    assert bpm == pytest.approx(reported, rel=0.01)


def test_a_matching_requested_tempo_is_reported_exactly():
    """Within 4 %, even if the rhythm is unclear; else the measured tempo is reported."""
    asked = expected_tempo("at 120 bpm")
    assert clear_bpm(rhythm(118.7, 0.3), asked) == 120
    assert clear_bpm(rhythm(101.26, 0.9), asked) == 101.3


def test_an_uncertain_tempo_is_not_reported():
    """Neither with low confidence nor if it drifts; a word in the prompt changes nothing."""
    for expected in (None, expected_tempo("slow")):
        assert clear_bpm(rhythm(80, CLEAR_CONFIDENCE - 0.01), expected) is None
        assert clear_bpm(rhythm(80, 0.95, is_even=False), expected) is None
        assert clear_bpm(rhythm(80, CLEAR_CONFIDENCE), expected) == 80


def test_an_expectation_makes_no_rhythm_of_noise():
    """Noise has no rhythm, whatever tempo was asked for."""
    assert find_rhythm(sound_of(noise()), expected_tempo("120 bpm")) is None


def test_clear_evidence_overrides_the_requested_tempo():
    """Drums at 100 that were ordered at 130 are reported at 100."""
    asked = ExpectedTempo(bpm=130, octaves=0.15, is_number=True)
    found = find_rhythm(sound_of(drums(100)), asked)
    assert found is not None
    assert found.bpm == pytest.approx(100, rel=0.01)


def rhythm(bpm, confidence, *, is_even=True):
    return Rhythm(
        bpm=bpm,
        confidence=confidence,
        beats=(),
        downbeats=(),
        beats_per_bar=4,
        is_even=is_even,
    )
