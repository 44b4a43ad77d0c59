"""Beat slicing: how a loop is cut together at another tempo."""

import numpy as np
import pytest

from bot.starter.composer.compose import BEAT_FRAMES
from bot.starter.composer.loops import compose_loop, loops
from bot.starter.training.slicing import onsets, sliced


def test_of_what_follows_each_onset_the_beginning_is_kept():
    """Twice as fast, half of what sounds between two onsets is left, and nothing of the others."""
    order = sliced((0.0, 0.5, 1.5), 2, 8, 4)
    assert order.tolist() == [0, 1, 4, 5, 6, 7, 12, 13]


def test_as_slow_as_it_was_played_nothing_is_lost():
    """At the tempo of the slow loop all its frames follow each other."""
    assert sliced((0.0, 0.25, 1.0), 3, 60, 60).tolist() == list(range(180))


@pytest.mark.parametrize("beat_frames", BEAT_FRAMES)
def test_every_onset_is_on_its_beat(beat_frames):
    """At each tempo each onset of a song comes, from its first frame, where the beat wants it."""
    for loop in list(loops())[::150]:
        piece, _ = compose_loop(loop)
        beats = 2 * piece.beats_per_bar
        starts = onsets(piece, beats)
        order = sliced(starts, beats, 60, beat_frames)
        assert len(order) == beats * beat_frames
        for start, end in zip(starts, [*starts[1:], beats], strict=True):
            first, last = round(start * beat_frames), round(end * beat_frames)
            expected = round(start * 60) + np.arange(last - first)
            np.testing.assert_array_equal(order[first:last], expected)


def test_the_onsets_of_a_song_are_those_of_all_its_parts():
    """Each note and stroke within the beats asked for begins a slice; so does the loop."""
    piece, _ = compose_loop(next(loop for loop in loops() if loop.style == "funk"))
    beats = 2 * piece.beats_per_bar
    found = onsets(piece, beats)
    assert found[0] == 0
    assert list(found) == sorted(set(found))
    assert all(0 <= start < beats for start in found)
    for part in piece.parts:
        for note in part.notes:
            if note.start_beats < beats - 0.02:
                assert min(abs(note.start_beats - start) for start in found) < 0.02
