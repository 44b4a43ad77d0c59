"""Chords from the strength of pitch classes: root, kind, and what the bass decides."""

from __future__ import annotations

import numpy as np
import pytest

from bot.audio.analysis.chords import INTERVALS, Chord, find_chord

NOTHING = np.zeros(12)


def classes(*tones):
    """Pitch classes of which these are equally strong."""
    found = np.zeros(12)
    found[[tone % 12 for tone in tones]] = 1
    return found


@pytest.mark.parametrize("quality", list(INTERVALS))
@pytest.mark.parametrize("root", [0, 5, 11])
def test_every_chord_is_found_by_its_tones(quality, root):
    """With its root in the bass; sevenths are told from triads."""
    tones = [root + interval for interval in INTERVALS[quality]]
    assert find_chord(classes(*tones), classes(root)) == Chord(root, quality)


@pytest.mark.parametrize("root", [0, 7])
def test_triads_need_no_bass(root):
    """Major and minor are found by their tones alone."""
    for quality in ("maj", "min"):
        tones = [root + interval for interval in INTERVALS[quality]]
        assert find_chord(classes(*tones), NOTHING) == Chord(root, quality)


def test_the_bass_decides_between_chords_with_the_same_tones():
    """A, C, E and G are A minor seventh, or C major with a sixth."""
    tones = classes(9, 0, 4, 7)
    minor, major = find_chord(tones, classes(9)), find_chord(tones, classes(0))
    assert (minor.root, minor.quality) == (9, "m7")
    assert (major.root, major.quality) == (0, "maj")


def test_a_passing_tone_makes_no_seventh():
    """A tone half as strong as the triad leaves it a triad."""
    heard = classes(0, 4, 7) + 0.4 * classes(10)
    assert find_chord(heard, classes(0)) == Chord(0, "maj")


def test_silence_has_no_chord():
    """Nothing is like nothing."""
    assert find_chord(NOTHING, NOTHING) is None
