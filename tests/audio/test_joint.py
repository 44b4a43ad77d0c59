"""Joints of remixes between the old and the new part: at a bar, equally loud, no click."""

from __future__ import annotations

import numpy as np
import pytest

from bot.audio.analysis.rhythm import ATTACK_LEAD_SECONDS, Rhythm
from bot.audio.editing.bar_choice import choose_bars
from bot.audio.editing.joint import follow_joint, join_new_part
from bot.audio.editing.loudness import measure
from bot.audio.prompt import cut_at_bars
from bot.domain.generation import Sound
from bot.domain.jobs import Keep
from tests.support.known_sounds import RATE_HZ, chords, drums, sound_of

LEAD = ATTACK_LEAD_SECONDS


def rhythm(*downbeats, bpm=120.0):
    return Rhythm(
        bpm=bpm, confidence=1.0, beats=downbeats, downbeats=downbeats, beats_per_bar=4, is_even=True
    )


@pytest.mark.parametrize(
    ("downbeats", "seconds", "keep_seconds", "at_start", "expected"),
    [
        ((0, 2, 4, 6), 7.2, 4.0, False, (2 - LEAD, 6 - LEAD)),  # the incomplete bar is cut
        ((0, 2, 4, 6), 8.0, 4.0, False, (4 - LEAD, 8 - LEAD)),  # the last bar is whole
        ((0, 2, 4, 6), 7.99, 4.0, False, (4 - LEAD, 8 - LEAD)),
        ((0, 2, 4, 6), 7.2, 60.0, False, (0.0, 6 - LEAD)),  # all whole bars
        ((1, 3, 5), 6.0, 60.0, False, (1 - LEAD, 5 - LEAD)),
        ((0, 2, 4, 6), 7.2, 0.5, False, (4 - LEAD, 6 - LEAD)),  # at least one bar
        ((0, 2, 4, 6), 7.2, 3.9, True, (0.0, 4 - LEAD)),
        ((1, 3, 5), 6.0, 4.5, True, (0.0, 5 - LEAD)),  # with what precedes the first bar
        ((0, 2), 2.5, 60.0, True, (0.0, 2 - LEAD)),
        ((), 6.0, 4.0, False, (2.0, 6.0)),  # no bars
        ((), 6.0, 4.0, True, (0.0, 4.0)),
        ((), 3.0, 4.0, False, (0.0, 3.0)),
    ],
)
def test_whole_bars_are_kept(downbeats, seconds, keep_seconds, at_start, expected):
    """The number of bars nearest to the requested length, cut slightly before the bar line."""
    known = rhythm(*downbeats) if downbeats else None
    found = choose_bars(known, seconds, keep_seconds, at_start=at_start)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("keep", [Keep.END, Keep.START])
@pytest.mark.parametrize("first", [0.0, 0.7])
def test_the_bars_of_music_are_found(keep, first):
    """Cuts are at bar lines, and a whole number of the model's frames is kept."""
    bar_seconds = 4 * 60 / 110
    harmony = np.pad(chords(9, "minor", bar_seconds, times=2), (round(first * RATE_HZ), 0))
    seconds = len(harmony) / RATE_HZ
    sound = sound_of(0.5 * harmony + 0.3 * drums(110, seconds, first))
    sound = Sound(samples=sound.samples[:, : -round(0.6 * RATE_HZ)], sample_rate_hz=RATE_HZ)
    found = cut_at_bars(sound, 2 * bar_seconds, keep, 640)
    begin = found.before.seconds
    stop = begin + found.end.seconds
    assert found.before.samples.shape[1] % 640 == found.end.samples.shape[1] % 640 == 0
    assert found.source_samples == sound.samples.shape[1]
    for edge in (begin, stop) if keep is Keep.END else (stop,):
        bars = (edge - first) / bar_seconds
        assert -0.05 < (bars - round(bars)) * bar_seconds <= 0.01
    if keep is Keep.START:
        assert begin == 0
    assert found.beat_seconds == pytest.approx(60 / 110, rel=0.01)


def test_sounds_shorter_than_a_frame_are_kept():
    """Such a sound is not cut."""
    sound = sound_of(np.full(300, 0.1, np.float32))
    assert cut_at_bars(sound, 5.0, Keep.END, 640).end.samples.shape == (1, 300)


def wave(hz, seconds, level, phase=0.0):
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (level * np.sin(2 * np.pi * hz * times + phase)).astype(np.float32)


@pytest.mark.parametrize(
    ("level", "jump_db"), [(0.3, 0.0), (0.15, 0.0), (0.55, 0.0), (0.03, -14.0)]
)
def test_the_new_part_is_as_loud_as_the_old(level, jump_db):
    """Its gain is limited to 6 dB, so that soft music stays soft."""
    old = sound_of(wave(440, 6, 0.3))
    heard = wave(440, 6, level)
    made = sound_of(np.concatenate([heard, wave(440, 6, level)]))
    joined = join_new_part(old, made, 0.5)
    assert joined.samples.shape == made.samples.shape
    parts = (joined.samples[:, : 6 * RATE_HZ], joined.samples[:, 6 * RATE_HZ :])
    before, after = (measure(Sound(samples=each, sample_rate_hz=RATE_HZ)).lufs for each in parts)
    assert before is not None
    assert after is not None
    assert after - before == pytest.approx(jump_db, abs=1.1)


def test_the_joint_does_not_click_for_a_different_waveform():
    """The codec changes the wave; the old part is unchanged except for its last beat."""
    old = sound_of(wave(440, 6, 0.3))
    made = sound_of(wave(440, 12, 0.3, phase=2.0))
    joined = join_new_part(old, made, 0.5)
    steps = np.abs(np.diff(joined.samples[0]))
    assert steps.max() < 1.5 * np.abs(np.diff(old.samples[0])).max()
    until = round(5.5 * RATE_HZ)
    assert np.allclose(joined.samples[:, :until], old.samples[:, :until], atol=1e-6)
    assert np.allclose(joined.samples[:, 6 * RATE_HZ :], made.samples[:, 6 * RATE_HZ :], atol=1e-6)


def test_silence_can_be_joined():
    """It has no loudness to match, and stays silent."""
    silence = np.zeros((1, RATE_HZ), np.float32)
    made = Sound(samples=np.zeros((1, 2 * RATE_HZ), np.float32), sample_rate_hz=RATE_HZ)
    joined = join_new_part(Sound(samples=silence, sample_rate_hz=RATE_HZ), made, None)
    assert not joined.samples.any()
    assert joined.samples.shape == made.samples.shape


@pytest.mark.parametrize("level", [0.2, 0.5])
def test_stems_get_the_mix_s_gain_across_a_joint(level):
    """Their sum stays the mix although the new part got another gain, and does not click."""
    old = {"low": wave(200, 4, 0.2), "high": wave(900, 4, 0.1)}
    new = {name: np.concatenate([each, each * level * 5]) for name, each in old.items()}
    made = sound_of(sum(new.values()))
    mix = join_new_part(sound_of(sum(old.values())), made, 0.5)
    stems = {name: sound_of(each) for name, each in new.items()}
    followed = follow_joint(mix, stems, 4.0)
    total = sum(each.samples[0] for each in followed.values())
    assert np.allclose(total[: 3 * RATE_HZ], mix.samples[0, : 3 * RATE_HZ], atol=1e-4)
    assert np.allclose(total[4 * RATE_HZ :], mix.samples[0, 4 * RATE_HZ :], atol=1e-3)
    assert np.abs(np.diff(total)).max() < 0.05


def test_unrelated_stems_are_unchanged():
    """No gain would make them add up to the mix."""
    mix, other = sound_of(wave(200, 4, 0.2)), {"a": sound_of(wave(300, 4, 0.1))}
    followed = follow_joint(mix, other, 2.0)
    assert np.array_equal(followed["a"].samples, other["a"].samples)
