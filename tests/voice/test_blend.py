"""Transitions between tracks: planned from their rhythms and keys, and measured."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bot.audio.analysis.key import Key
from bot.audio.analysis.rhythm import Rhythm
from bot.audio.editing.alignment import SoundAnalysis
from bot.audio.resample import fit
from bot.voice.blend import Blend, grown_blend, plain_blend, plan_blend
from bot.voice.blend_rendering import render_blend
from bot.voice.loading import make_track
from bot.voice.mixer import Mixer
from bot.voice.playable import PlayedTrack
from bot.voice.track import Track
from tests.support.heard_sound import RATE_HZ
from tests.support.known_sounds import RATE_HZ as MADE_AT_HZ
from tests.support.known_sounds import chords, drums, noise, pulse, sound_of
from tests.voice.test_mixer import mixed, track

C_MAJOR = Key(tonic=0, mode="major", confidence=0.9)
A_MINOR = Key(tonic=9, mode="minor", confidence=0.9)
EB_MAJOR = Key(tonic=3, mode="major", confidence=0.9)


def part(bpm, *, seconds=20.0, first=0.5, key=C_MAJOR, beats_per_bar=4, confidence=0.9):
    """Return the analysis of a sound with a steady beat."""
    beats = np.arange(first, seconds, 60 / bpm)
    rhythm = Rhythm(
        bpm=bpm,
        confidence=confidence,
        beats=tuple(beats),
        downbeats=tuple(beats[::beats_per_bar]),
        beats_per_bar=beats_per_bar,
        is_even=True,
    )
    return SoundAnalysis(seconds=seconds, rhythm=rhythm, key=key)


def blend_of(one, two):
    first, second = (track(number, 440, 20, part=each) for number, each in ((1, one), (2, two)))
    return plan_blend(first, second)


def test_a_blend_covers_whole_bars_if_tempo_and_key_match():
    """From the last bar line of the first track that leaves two bars, at the second's tempo."""
    blend = blend_of(part(120), part(118, first=0.25, key=A_MINOR))
    bar = 240 / 118
    assert blend.length == round(2 * bar * RATE_HZ)
    assert (blend.leave, blend.enter) == (round(14.5 * RATE_HZ), round(0.25 * RATE_HZ))
    assert blend.time_factor == pytest.approx(118 / 120)
    same = blend_of(part(120), part(120))
    assert (same.time_factor, same.length) == (1.0, 4 * RATE_HZ)
    octave = blend_of(part(140), part(70))
    assert octave.time_factor == 1.0
    assert octave.length == round(240 / 70 * RATE_HZ), "a bar of one is two of the other"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (part(130), "another tempo"),
        (part(120, key=EB_MAJOR), "a far key"),
        (part(120, beats_per_bar=3), "three beats meet four"),
        (part(120, confidence=0.4), "a beat that is not certain"),
        (part(120, first=2.4), "a long pickup"),
        (SoundAnalysis(seconds=20.0, rhythm=None, key=None), "no beat"),
        (None, "nothing known"),
    ],
)
def test_otherwise_the_blend_is_a_plain_crossfade(other, why):
    """It is short, and the second track is played from its start."""
    blend = blend_of(part(120), other)
    plain = (18 * RATE_HZ, 0, 2 * RATE_HZ, 1.0)
    assert (blend.leave, blend.enter, blend.length, blend.time_factor) == plain, why


LOOP_SECONDS = 16


def loop(bpm, tonic, *, first):
    """Return a track of drums and chords in time with each other."""
    bar = round(240 / bpm * MADE_AT_HZ)
    begin = round(first * MADE_AT_HZ)
    music = np.resize(
        chords(tonic, "major", 240 / bpm)[: 4 * bar], LOOP_SECONDS * MADE_AT_HZ - begin
    )
    whole = drums(bpm, LOOP_SECONDS, first=first) + 0.5 * np.concatenate([np.zeros(begin), music])
    return make_track(sound_of(whole), 1, loops=False)


def clicks(known, bpm, first):
    """Return a track of clicks on every beat, with the analysis of another."""
    wave = sound_of(pulse(bpm, LOOP_SECONDS, first=first))
    frames = fit(wave, sample_rate_hz=RATE_HZ, channels=2).samples.T * 32767
    return Track(clip_id=1, frames=frames.astype(np.int16), part=known.part)


def silence(known):
    return Track(clip_id=1, frames=np.zeros_like(known.frames), part=known.part)


def strokes(samples):
    """Return where sounds begin, in samples."""
    heights = np.abs(samples[:, 0])
    loud = np.flatnonzero(heights > 0.02)
    return loud[np.diff(loud, prepend=-RATE_HZ) > RATE_HZ // 10]


BEFORE = 4 * RATE_HZ


def play(first, second, blend):
    """Return what is heard from 4 s before a fade to 4 s after its end."""
    mixer = Mixer()
    mixer.play_next(PlayedTrack(first, blend.leave - BEFORE))
    head = mixed(mixer, 0.02)
    mixer.play_next(PlayedTrack(second), blend=dataclasses.replace(blend, first=first))
    return np.concatenate([head, mixed(mixer, blend.length / RATE_HZ + 8.0)])


async def test_blended_beats_are_aligned_at_an_even_level():
    """Within 20 ms and 1.5 dB through the whole fade, with detected tempi.

    Each track's timing is measured by clicks on its beats while the other is silent.
    """
    bpm, other = 118, 123
    one, two = loop(bpm, 0, first=0.0), loop(other, 7, first=0.2)
    blend = await render_blend(one, two)
    assert blend.time_factor == pytest.approx(other / bpm, abs=0.002)
    ticks, tocks = clicks(one, bpm, 60 / bpm), clicks(two, other, 0.2)
    shaped = await render_blend(ticks, tocks)
    # At the ends of a fade one of the tracks is inaudible.
    quiet = round(0.05 * blend.length)
    place = slice(BEFORE + quiet, BEFORE + blend.length - quiet)
    ones = strokes(play(ticks, silence(two), shaped)[place])
    alone = dataclasses.replace(shaped, tail=np.zeros((blend.length, 2), np.int16))
    twos = strokes(play(silence(one), tocks, alone)[place])
    distances = [np.abs(twos - each).min() / RATE_HZ for each in ones]
    assert len(distances) >= 5
    assert max(distances) < 0.02, distances

    sound = play(one, two, blend)
    bar, end = round(240 / other * RATE_HZ), BEFORE + blend.length
    ends = [level(sound[BEFORE - bar : BEFORE]), level(sound[end : end + bar])]
    within = [level(sound[at : at + bar]) for at in range(BEFORE, end - bar * 7 // 8, bar // 4)]
    assert min(ends) - 1.5 < min(within) <= max(within) < max(ends) + 1.5


def level(samples):
    """Return the level in dB."""
    return 10 * np.log10(np.square(samples).mean())


def test_a_blend_that_comes_too_late_is_a_plain_one():
    """If its planned start was played already, nothing is played twice."""
    first, second = track(1, 440, 20, part=part(120)), track(2, 660, 20, part=part(120))
    blend = plan_blend(first, second)
    mixer = Mixer()
    mixer.play_next(PlayedTrack(first))
    mixed(mixer, 17.0)
    mixer.play_next(PlayedTrack(second), blend=blend)
    mixed(mixer, 2.0)
    assert mixer.now.track is second
    assert mixer.now.place == RATE_HZ


def test_a_blend_for_another_track_is_not_used():
    """The playing track may change while the blend is prepared."""
    first, second = track(1, 440, 20), track(2, 660, 20)
    mixer = Mixer()
    mixer.play_next(PlayedTrack(first))
    mixed(mixer, 0.1)
    wrong = Blend(first=track(3, 550, 20), leave=RATE_HZ, enter=0, length=RATE_HZ)
    mixer.play_next(PlayedTrack(second), blend=wrong)
    mixed(mixer, 5.0)
    assert mixer.now.track is first
    assert plain_blend(first, second).leave == 18 * RATE_HZ


@pytest.mark.parametrize("heard", [6.0, 15.0])
def test_a_longer_version_of_a_track_continues_seamlessly(heard):
    """At the same sample if both are still the same there; otherwise after the old one's end."""
    first, grown = track(1, 440, 16), track(2, 440, 24)
    mixer = Mixer()
    mixer.play_next(PlayedTrack(first))
    before = mixed(mixer, heard)
    blend = grown_blend(first, place=mixer.now.place, same_seconds=14.0)
    mixer.play_next(PlayedTrack(grown), blend=blend)
    sound = np.concatenate([before, mixed(mixer, 18.0 - heard)])
    assert mixer.now.track is grown
    tone = track(3, 440, 18).frames / 32768
    if heard < 12.0:
        assert mixer.now.place == 18 * RATE_HZ
        assert np.abs(sound[480:] - tone[480 : len(sound)]).max() < 1e-3
    else:
        assert 15.9 * RATE_HZ < mixer.now.place < 17.1 * RATE_HZ


async def test_tracks_have_equal_loudness():
    """A quiet and a loud one differ by less than a decibel."""
    sounds = (sound_of(noise(4.0, level=each)) for each in (0.03, 0.15))
    quiet, loud = (make_track(each, 1, loops=False) for each in sounds)
    levels = [level(each.frames.astype(np.float64)) for each in (quiet, loud)]
    assert abs(levels[0] - levels[1]) < 1.0
