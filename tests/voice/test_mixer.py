"""One stream out of many tracks: order, level, no gap and no click."""

from __future__ import annotations

import numpy as np
import pytest

from bot.voice.mixer import Mixer, PlayedTrack
from bot.voice.track import Track, go_together, plan_blend
from tests.support.heard_sound import RATE_HZ, largest_step, levels, pitch


def track(clip_id, hz, seconds, *, bar_seconds=0.0, first_bar=0.0, key=None):
    """A tone of a level of 0.5, with bars where it is said how long they are."""
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = np.round(0.5 * 32767 * np.sin(2 * np.pi * hz * at)).astype(np.int16)
    bars = np.arange(first_bar, seconds, bar_seconds) if bar_seconds else ()
    return Track(
        clip_id=clip_id,
        frames=np.repeat(wave[:, None], 2, axis=1),
        bars=tuple(round(each * RATE_HZ) for each in bars),
        bar_samples=bar_seconds * RATE_HZ,
        key=key,
    )


def mixed(mixer, seconds):
    return np.concatenate([mixer.take_frame() for _ in range(round(seconds * 50))])


def test_silence_never_ends_where_there_is_nothing():
    """The stream goes on, so that the connection stays."""
    mixer = Mixer()
    assert not mixed(mixer, 1.0).any()
    assert mixer.silent_samples == RATE_HZ


def test_tracks_follow_one_another_without_gap_or_click():
    """Equal power: tones that have nothing in common keep their level through the fade."""
    told: list = []
    mixer = Mixer(told.append)
    first, second = PlayedTrack(track(1, 440, 8)), PlayedTrack(track(2, 660, 8))
    mixer.play_next(first)
    head = mixed(mixer, 1.0)
    mixer.play_next(second)
    sound = np.concatenate([head, mixed(mixer, 12.0)])
    assert told == [first, second]
    assert abs(pitch(sound[RATE_HZ : 5 * RATE_HZ]) - 440) < 1
    assert abs(pitch(sound[9 * RATE_HZ : 12 * RATE_HZ]) - 660) < 1
    assert levels(sound[RATE_HZ:]).min() > 0.97 * 0.5 / np.sqrt(2)
    # A step of the louder tone is 0.043; both together have at most the square root of two of it.
    assert largest_step(sound) < 0.07


def test_a_fade_lies_on_whole_bars_where_tempo_and_key_allow():
    """From a bar line of the first to where as many bars have passed, from a bar of the second."""
    first = track(1, 440, 20, bar_seconds=2.0, first_bar=0.5, key="A minor")
    second = track(2, 660, 20, bar_seconds=2.02, first_bar=0.25, key="C major")
    blend = plan_blend(first, second)
    assert (blend.leave, blend.enter) == (round(14.5 * RATE_HZ), round(0.25 * RATE_HZ))
    assert blend.length == 4 * RATE_HZ
    mixer = Mixer()
    mixer.play_next(PlayedTrack(first))
    mixed(mixer, 0.1)
    mixer.play_next(PlayedTrack(second))
    mixed(mixer, 15.0)
    now = mixer.now
    assert now.track is second
    # It is heard to the sample where its bar lines lie on the first one's.
    assert now.place == round((15.1 - 14.5 + 0.25) * RATE_HZ)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"bar_seconds": 2.2, "key": "A minor"}, "another tempo"),
        ({"bar_seconds": 2.0, "key": "Eb major"}, "a far key"),
        ({}, "no beat"),
    ],
)
def test_elsewhere_the_fade_is_a_plain_one(other, why):
    """It is short, and of the second nothing is lost."""
    first = track(1, 440, 20, bar_seconds=2.0, key="A minor")
    blend = plan_blend(first, track(2, 660, 20, **other))
    assert (blend.leave, blend.enter, blend.length) == (18 * RATE_HZ, 0, 2 * RATE_HZ), why


@pytest.mark.parametrize(
    ("one", "two", "so"),
    [
        ("A minor", "C major", True),
        ("C major", "G major", True),
        ("F# minor", "Gb minor", True),
        ("C major", "E minor", True),
        ("C major", "F# major", False),
        ("A minor", "A major", False),
        (None, "E minor", True),
    ],
)
def test_keys_that_go_together(one, two, so):
    """Relatives, and neighbours on the circle of fifths; what has no key goes with all."""
    assert go_together(one, two) is so
    assert go_together(two, one) is so


def test_a_skip_is_heard_at_once():
    """Within 0.3 s the old is gone and the new is there, at an even level."""
    mixer = Mixer()
    mixer.play_next(PlayedTrack(track(1, 440, 30)))
    mixed(mixer, 1.0)
    mixer.play_next(PlayedTrack(track(2, 660, 30)))
    mixer.skip()
    sound = mixed(mixer, 1.3)
    assert abs(pitch(sound[round(0.3 * RATE_HZ) :]) - 660) < 2
    assert levels(sound).min() > 0.9 * 0.5 / np.sqrt(2)
    assert largest_step(sound) < 0.07


def test_a_skip_without_a_next_falls_silent_and_goes_on_later():
    """Nothing clicks; what comes then is told."""
    told: list = []
    mixer = Mixer(told.append)
    one, two = PlayedTrack(track(1, 440, 30)), PlayedTrack(track(2, 660, 30))
    mixer.play_next(one)
    mixed(mixer, 0.5)
    mixer.skip()
    sound = mixed(mixer, 0.5)
    assert largest_step(sound) < 0.04
    assert not sound[round(0.31 * RATE_HZ) :].any()
    mixer.play_next(two)
    assert abs(pitch(mixed(mixer, 0.5)) - 660) < 5
    assert told == [one, None, two]


def test_a_track_that_comes_late_is_not_cut_short():
    """The first had begun to end: the second rises from its beginning."""
    mixer = Mixer()
    mixer.play_next(PlayedTrack(track(1, 440, 6)))
    mixed(mixer, 5.5)
    second = PlayedTrack(track(2, 660, 6))
    mixer.play_next(second)
    sound = mixed(mixer, 1.0)
    assert second.place == RATE_HZ
    assert sound.any(axis=1).mean() > 0.99
