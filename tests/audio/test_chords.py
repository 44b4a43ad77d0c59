"""Triads from the strength of pitch classes: root, quality and bass note."""

from __future__ import annotations

import numpy as np
import pytest

from bot.audio.analysis.chords import Chord, find_chord

NOTHING = np.zeros(12)
MAJOR, MINOR = [(0, 4, 7), (0, 4, 7, 10), (0, 4, 7, 11)], [(0, 3, 7), (0, 3, 7, 10)]


def classes(*tones):
    """Return pitch classes of which these are equally strong, and the others silent."""
    found = np.zeros(12)
    found[[tone % 12 for tone in tones]] = 1
    return found


@pytest.mark.parametrize("intervals", [*MAJOR, *MINOR])
@pytest.mark.parametrize("root", [0, 5, 11])
def test_every_chord_is_found_by_its_tones(intervals, root):
    """With the root in the bass; a seventh chord is reported as its triad."""
    tones = classes(*(root + interval for interval in intervals))
    assert find_chord(tones, classes(root)) == Chord(root, intervals in MINOR)


@pytest.mark.parametrize("root", [0, 7])
def test_triads_need_no_bass(root):
    """Major and minor are found by their tones alone."""
    for intervals in (MAJOR[0], MINOR[0]):
        tones = classes(*(root + interval for interval in intervals))
        assert find_chord(tones, NOTHING) == Chord(root, intervals in MINOR)


def test_the_bass_decides_between_chords_with_the_same_tones():
    """A, C, E and G are an A minor seventh chord, or C major with a sixth."""
    tones = classes(9, 0, 4, 7)
    assert find_chord(tones, classes(9)) == Chord(9, is_minor=True)
    assert find_chord(tones, classes(0)) == Chord(0, is_minor=False)


def test_silence_has_no_chord():
    """Pitch classes without any strength are reported as no chord."""
    assert find_chord(NOTHING, NOTHING) is None
