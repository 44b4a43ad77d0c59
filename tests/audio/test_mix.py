"""Mixes: two sounds at one tempo, in compatible keys, with aligned downbeats."""

from __future__ import annotations

import numpy as np
import pytest

from bot.audio.analysis.key import Key, find_key
from bot.audio.analysis.rhythm import Rhythm
from bot.audio.editing.alignment import (
    TOO_FAR_APART,
    SoundAnalysis,
    align,
    fold_tempo,
    shift_to_fit,
)
from bot.audio.editing.loudness import measure, peak_dbtp
from bot.audio.editing.mix import analyse_part, mix
from bot.audio.editing.stretch import stretch
from bot.errors import RequestError
from tests.support.known_sounds import RATE_HZ, chords, drums, noise, pulse, sound_of, tone
from tests.support.seam_step import seam_step


def part(bpm, *, seconds=8.0, loops=False, first=0.0, confidence=0.9, key=None):
    beats = tuple(np.arange(first, seconds, 60 / bpm))
    rhythm = Rhythm(
        bpm=bpm,
        confidence=confidence,
        beats=beats,
        downbeats=beats[::4],
        beats_per_bar=4,
        is_even=True,
    )
    return SoundAnalysis(seconds=seconds, rhythm=rhythm, key=key, loops=loops)


def loop_of(bpm, bars, maker=drums):
    """Return a loop of whole bars, and its analysis."""
    sound = sound_of(maker(bpm, bars * 240 / bpm, 0.0))
    return sound, analyse_part(sound, loops=True)


def strokes(sound, near, *, within=0.08):
    """Return how late the loudest moment near each time is, in seconds; negative if early."""
    mono = np.abs(sound.samples).max(axis=0)
    found = []
    for at in near:
        first = max(0, round((at - within) * RATE_HZ))
        around = mono[first : round((at + within) * RATE_HZ)]
        found.append((first + int(around.argmax())) / RATE_HZ - at)
    return np.array(found)


@pytest.mark.parametrize(
    ("lead", "other", "factor"),
    [
        (120, 120, 1.0),
        (120, 110, 120 / 110),
        (100, 110, 100 / 110),
        (140, 70, 1.0),
        (75, 145, 150 / 145),
        (60, 200, None),
        (120, 98, None),
        (112, 100, 1.12),
    ],
)
def test_tempi_are_folded_to_the_nearest_octave(lead, other, factor):
    """Half and twice a tempo count as the same; a factor too far from 1 gives none."""
    assert fold_tempo(lead, other) == (None if factor is None else pytest.approx(factor))


def tones_of(tonic, mode):
    """Return the tones of a key, as pitch classes."""
    return {(tonic + (3 if mode == "minor" else 0) + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)}


def key(tonic, mode="major", confidence=1.0):
    return Key(tonic=tonic, mode=mode, confidence=confidence)


@pytest.mark.parametrize("modes", [("major", "minor"), ("minor", "minor"), ("major", "major")])
def test_any_two_keys_are_compatible_within_three_semitones(modes):
    """After the shift they share at least six of seven tones."""
    for lead in range(12):
        for other in range(12):
            shift = shift_to_fit(key(lead, modes[0]), key(other, modes[1]))
            assert abs(shift) <= 3
            assert len(tones_of(lead, modes[0]) & tones_of(other + shift, modes[1])) >= 6


def test_an_unclear_key_is_not_transposed():
    """A wrong shift would be worse than none."""
    clear = key(2)
    assert shift_to_fit(clear, key(0, confidence=0.2)) == shift_to_fit(None, clear) == 0
    assert shift_to_fit(clear, key(0)) == 2


def test_tempi_too_far_apart_are_refused():
    """The sentence has both; if one is uncertain, the sounds are mixed without stretching."""
    with pytest.raises(RequestError) as refused:
        align(part(120), part(95))
    assert refused.value.sentence == TOO_FAR_APART.fill(lead=120.0, other=95.0)
    loose = align(part(120), part(95, confidence=0.3))
    assert (loose.time_factor, loose.on_the_beat) == (1.0, False)


def test_downbeats_are_aligned():
    """The first bar of the stretched sound begins with the first bar of the other."""
    found = align(part(120, first=0.5), part(110, first=0.2))
    assert found.offset_seconds + 0.2 / found.time_factor == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("lead_bpm", "other_bpm", "bars", "seconds"),
    [
        (120, 110, (8, 2), 16.0),
        (93, 100, (6, 2), 6 * 240 / 93),
        (140, 70, (4, 2), 2 * 240 / 70),
        (128, 128, (2, 4), 7.5),
        (100, 110, (3, 4), 4 * 2.4),
    ],
)
def test_beats_stay_aligned_over_the_whole_mix(lead_bpm, other_bpm, bars, seconds):
    """Within 20 ms from first to last, however often the shorter loop repeats."""
    lead, other = loop_of(lead_bpm, bars[0]), loop_of(other_bpm, bars[1], pulse_from_nought)
    silent = sound_of(np.full(lead[0].samples.shape[1], 1e-6))
    made = mix((silent, lead[1]), other)
    beat = 60 / (other_bpm * made.alignment.time_factor)
    assert beat / (60 / lead_bpm) in (pytest.approx(1, rel=1e-4), pytest.approx(2, rel=1e-4))
    assert made.sound.seconds >= seconds - 0.01
    grid = np.arange(1, round(made.sound.seconds / beat)) * beat
    off = strokes(made.sound, grid, within=0.4 * beat)
    assert np.abs(off).max() < 0.02, off


def test_beats_of_long_clips_are_aligned():
    """Of two clips that are no loops, with detected tempi, within 20 ms over 40 s."""
    lead = sound_of(drums(97.3, 40.0, 0.4))
    other = sound_of(pulse(104.9, 43.0, first=0.3))
    heard = analyse_part(lead, loops=False)
    silent = sound_of(np.full(lead.samples.shape[1], 1e-6))
    made = mix((silent, heard), (other, analyse_part(other, loops=False)))
    begins = min(0.0, made.alignment.offset_seconds)
    beats = np.arange(0.4, 39.0, 60 / 97.3) - begins
    off = strokes(made.sound, beats[2:-2], within=0.2)
    assert np.abs(off).max() < 0.02, off


def pulse_from_nought(bpm, seconds, first):
    return pulse(bpm, seconds, first=first + 0.001)


@pytest.mark.parametrize("semitones", [-3, 2])
def test_pitch_shifting_is_accurate_and_keeps_the_length(semitones):
    """The detected key of shifted chords is the expected one."""
    sound = sound_of(chords(0, "major"))
    moved = stretch(sound, time_factor=1.08, semitones=semitones)
    assert moved.seconds == pytest.approx(sound.seconds / 1.08, abs=0.001)
    found = find_key(moved)
    assert (found.tonic, found.mode) == (semitones % 12, "major")
    again = stretch(sound, time_factor=1.08, semitones=semitones)
    assert np.array_equal(moved.samples, again.samples)


@pytest.mark.parametrize(("tonic", "mode"), [(2, "major"), (11, "minor"), (3, "major")])
def test_the_mix_has_one_key(tonic, mode):
    """The second sound is shifted until it shares six tones with C major."""
    lead = sound_of(chords(0, "major"))
    other = sound_of(chords(tonic, mode))
    shift = align(analyse_part(lead, loops=False), analyse_part(other, loops=False)).semitones
    found = find_key(stretch(other, time_factor=1.0, semitones=shift))
    assert len(tones_of(0, "major") & tones_of(found.tonic, found.mode)) >= 6


def test_a_shorter_non_loop_fades_out():
    """The mix is as long as the longer sound, and is no loop."""
    long, short = sound_of(drums(120, 12.0)), sound_of(drums(120, 6.0))
    made = mix((long, analyse_part(long, loops=False)), (short, analyse_part(short, loops=False)))
    assert made.sound.seconds == pytest.approx(12.0, abs=0.1)
    assert not made.loops
    assert made.bpm == pytest.approx(120, abs=0.2)


def test_a_loop_repeats_to_the_bar_line_after_the_other_ends():
    """In either order; a loop longer than the other sound is heard completely."""
    tune = (sound_of(drums(120, 9.2)), part(120, seconds=9.2))
    loop = (sound_of(drums(120, 2.0)), part(120, seconds=2.0, loops=True))
    long = (sound_of(drums(120, 16.0)), part(120, seconds=16.0, loops=True))
    assert mix(tune, loop).sound.seconds == pytest.approx(10.0, abs=0.01)
    assert mix(loop, tune).sound.seconds == pytest.approx(10.0, abs=0.01)
    assert mix(tune, long).sound.seconds == pytest.approx(16.0, abs=0.01)


def test_a_mix_is_even_and_does_not_clip():
    """A soft clip is as loud in it as a loud one, or louder by the requested balance."""
    loud, soft = (
        sound_of(9.0 * tone(60, 4.0, partials=1)),
        sound_of(0.2 * tone(67, 4.0, partials=1)),
    )
    parts = [(sound, SoundAnalysis(seconds=4.0, rhythm=None, key=None)) for sound in (loud, soft)]
    for balance, wanted_db in ((0.5, 0.0), (0.8, 12.0)):
        made = mix(*parts, balance=balance)
        assert peak_dbtp(made.sound) <= -1.0
        assert measure(made.sound).lufs == pytest.approx(-14, abs=0.5)
        spectrum = np.abs(np.fft.rfft(made.sound.samples[0] * np.hanning(4 * RATE_HZ)))
        low, high = (spectrum[round(4 * hz) - 8 : round(4 * hz) + 8].max() for hz in (261.6, 392.0))
        assert 20 * np.log10(high / low) == pytest.approx(wanted_db, abs=2.0)


@pytest.mark.parametrize("balance", [0.0, 0.95, float("nan")])
def test_an_extreme_balance_is_refused(balance):
    """One of the sounds would hardly be heard."""
    sound = loop_of(120, 1)
    with pytest.raises(RequestError):
        mix(sound, sound, balance=balance)


def test_two_channels_and_another_rate_are_kept():
    """The mix has the higher rate and the larger number of channels."""
    wide = sound_of(drums(120, 4.0), drums(120, 4.0) * 0.5)
    low = sound_of(chords(0, "major")[::2], rate_hz=RATE_HZ // 2)
    made = mix((wide, analyse_part(wide, loops=True)), (low, analyse_part(low, loops=False)))
    assert (made.sound.channels, made.sound.sample_rate_hz) == (2, RATE_HZ)


def test_two_loops_make_a_loop():
    """As long as both need to end together, and seamless; too long a period gives no loop."""
    lead, other = loop_of(120, 4), loop_of(112, 2, pulse_from_nought)
    made = mix(lead, other)
    assert made.loops
    assert made.sound.seconds == pytest.approx(8.0, abs=0.001)
    # Compared with the first sound, which is a loop.
    assert max(seam_step(made.sound)) <= max(seam_step(lead[0]))
    assert not mix(loop_of(120, 5), loop_of(120, 11)).loops


def test_loops_that_meet_after_the_longest_mix_make_no_loop():
    """Of 64 s and 56 s: they would end together after 448 s, and 300 s of that are no loop."""
    lead, other = (
        (
            sound_of(noise(seconds / 4), rate_hz=RATE_HZ // 4),
            part(120, seconds=seconds, loops=True),
        )
        for seconds in (64.0, 56.0)
    )
    made = mix(lead, other)
    assert not made.loops
    assert made.sound.seconds == pytest.approx(64.0, abs=0.001)
