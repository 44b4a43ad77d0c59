"""One stream from many tracks: order, level, no gap and no click."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bot.voice.mixer import Mixer
from bot.voice.playable import PlayedTrack
from bot.voice.track import Track
from tests.support.heard_sound import RATE_HZ, largest_step, levels, pitch


def track(clip_id, hz, seconds, *, part=None):
    """Return a tone with an amplitude of 0.5."""
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = np.round(0.5 * 32767 * np.sin(2 * np.pi * hz * at)).astype(np.int16)
    return Track(clip_id=clip_id, frames=np.repeat(wave[:, None], 2, axis=1), part=part)


def mixed(mixer, seconds):
    return np.concatenate([mixer.take_frame() for _ in range(round(seconds * 50))])


def test_an_empty_mixer_plays_silence():
    """The stream continues, so that the connection stays open."""
    mixer = Mixer()
    assert not mixed(mixer, 1.0).any()
    assert mixer.silent_samples == RATE_HZ


def test_tracks_follow_one_another_without_gap_or_click():
    """The fade has equal power: unrelated tones keep their level."""
    started: list = []
    mixer = Mixer(started.append)
    first, second = PlayedTrack(track(1, 440, 8)), PlayedTrack(track(2, 660, 8))
    mixer.play_next(first)
    head = mixed(mixer, 1.0)
    mixer.play_next(second)
    sound = np.concatenate([head, mixed(mixer, 12.0)])
    assert started == [first, second]
    assert abs(pitch(sound[RATE_HZ : 5 * RATE_HZ]) - 440) < 1
    assert abs(pitch(sound[9 * RATE_HZ : 12 * RATE_HZ]) - 660) < 1
    assert levels(sound[RATE_HZ:]).min() > 0.97 * 0.5 / np.sqrt(2)
    # The louder tone alone has steps of 0.043, and both together of at most sqrt(2) times that.
    assert largest_step(sound) < 0.07


def test_two_tracks_at_full_scale_do_not_clip():
    """Their peaks are rounded off while both sound, and one alone stays as it is."""

    def loud(clip_id, hz):
        quiet = track(clip_id, hz, 8)
        return dataclasses.replace(quiet, frames=(quiet.frames * 1.99).astype(np.int16))

    mixer = Mixer()
    mixer.play_next(PlayedTrack(loud(1, 440)))
    mixer.play_next(PlayedTrack(loud(2, 660)))
    sound = mixed(mixer, 14.0)
    both = np.abs(sound[round(6.2 * RATE_HZ) : round(7.8 * RATE_HZ), 0])
    assert both.max() > 0.99
    assert not ((both[1:] == 1.0) & (both[:-1] == 1.0)).any()
    alone = np.abs(sound[RATE_HZ : 5 * RATE_HZ])
    assert alone.max() == pytest.approx(0.995, abs=0.001)


def test_a_skip_is_heard_at_once():
    """Within 0.3 s only the new track is heard, at an even level."""
    mixer = Mixer()
    mixer.play_next(PlayedTrack(track(1, 440, 30)))
    mixed(mixer, 1.0)
    mixer.play_next(PlayedTrack(track(2, 660, 30)))
    mixer.skip()
    sound = mixed(mixer, 1.3)
    assert abs(pitch(sound[round(0.3 * RATE_HZ) :]) - 660) < 2
    assert levels(sound).min() > 0.9 * 0.5 / np.sqrt(2)
    assert largest_step(sound) < 0.07


@pytest.mark.parametrize("played_seconds", [0.04, 0.1])
def test_a_skip_during_a_skip_does_not_click(played_seconds):
    """A track that has not reached its level yet falls from the one that it has."""
    mixer = Mixer()
    mixer.play_next(PlayedTrack(track(1, 440, 30)))
    parts = [mixed(mixer, 1.0)]
    for clip_id, hz, seconds in ((2, 660, played_seconds), (3, 880, 1.0)):
        mixer.play_next(PlayedTrack(track(clip_id, hz, 30)))
        mixer.skip()
        parts.append(mixed(mixer, seconds))
    sound = np.concatenate(parts)
    # The loudest tone alone has steps of 0.058, and a jump in level would be larger.
    assert largest_step(sound) < 0.08
    assert levels(sound).min() > 0.8 * 0.5 / np.sqrt(2)
    assert levels(sound).max() < 1.1 * 0.5 / np.sqrt(2)


def test_a_sound_that_was_never_heard_gives_way_at_once():
    """What replaces it rises as after silence: in 10 ms, not over the whole fade."""
    mixer = Mixer()
    mixer.play_next(PlayedTrack(track(1, 440, 8)), at_once=True)
    mixer.play_next(PlayedTrack(track(2, 550, 8)), at_once=True, fade_seconds=2.0)
    mixer.play_next(PlayedTrack(track(3, 660, 8)), at_once=True, fade_seconds=2.0)
    sound = mixed(mixer, 1.0)
    assert abs(pitch(sound) - 660) < 2
    assert levels(sound).min() > 0.9 * 0.5 / np.sqrt(2)


def test_a_sound_that_is_falling_can_return():
    """It rises from the gain that it has, and goes on where it is: none of it is heard twice."""
    mixer = Mixer()
    first, second = PlayedTrack(track(1, 440, 30)), PlayedTrack(track(2, 660, 30))
    mixer.play_next(first)
    parts = [mixed(mixer, 1.0)]
    mixer.play_next(second)
    mixer.skip()
    parts.append(mixed(mixer, 0.1))
    mixer.play_next(first, at_once=True)
    parts.append(mixed(mixer, 1.0))
    sound = np.concatenate(parts)
    assert first.place == round(2.1 * RATE_HZ)
    assert largest_step(sound) < 0.07
    assert abs(pitch(sound[-RATE_HZ // 2 :]) - 440) < 2


def test_a_skip_without_a_next_track_waits_in_silence():
    """It does not click; the next track is reported when it starts."""
    started: list = []
    mixer = Mixer(started.append)
    one, two = PlayedTrack(track(1, 440, 30)), PlayedTrack(track(2, 660, 30))
    mixer.play_next(one)
    mixed(mixer, 0.5)
    mixer.skip()
    sound = mixed(mixer, 0.5)
    assert largest_step(sound) < 0.04
    assert not sound[round(0.31 * RATE_HZ) :].any()
    mixer.play_next(two)
    assert abs(pitch(mixed(mixer, 0.5)) - 660) < 5
    assert started == [one, None, two]


def test_a_late_track_is_played_completely():
    """If the first track is fading out already, the second starts from its beginning."""
    mixer = Mixer()
    mixer.play_next(PlayedTrack(track(1, 440, 6)))
    mixed(mixer, 5.5)
    second = PlayedTrack(track(2, 660, 6))
    mixer.play_next(second)
    sound = mixed(mixer, 1.0)
    assert second.place == RATE_HZ
    assert sound.any(axis=1).mean() > 0.99
    assert levels(sound).min() > 0.9 * 0.5 / np.sqrt(2), "it has risen when the first ends"
