"""The detected key of sounds whose key is known."""

from __future__ import annotations

import numpy as np
import pytest

from bot.audio.analysis.key import Key, find_key
from tests.support.known_sounds import RATE_HZ, chords, drone, drums, noise, sound_of, tone

KEYS = [(tonic, mode) for mode in ("major", "minor") for tonic in range(12)]


@pytest.mark.parametrize(("tonic", "mode"), KEYS)
def test_the_key_of_a_cadence_is_detected(tonic, mode):
    """Tonic, subdominant, dominant and tonic, in every key."""
    key = find_key(sound_of(chords(tonic, mode)))
    assert (key.tonic, key.mode) == (tonic, mode)
    assert key.confidence > 0.5


@pytest.mark.parametrize("cents", [-40, -30, 30, 40])
@pytest.mark.parametrize(
    ("tonic", "mode"), [(0, "major"), (4, "minor"), (9, "minor"), (11, "major")]
)
def test_the_key_is_detected_despite_detuning(tonic, mode, cents):
    """All instruments together are up to 40 cents too low or too high."""
    key = find_key(sound_of(chords(tonic, mode, cents=cents)))
    assert (key.tonic, key.mode) == (tonic, mode)


@pytest.mark.parametrize(("tonic", "mode"), KEYS[::5])
def test_drums_do_not_hide_the_key(tonic, mode):
    """Kick, snare and hats over the chords."""
    harmony = chords(tonic, mode)
    beat = drums(120, len(harmony) / RATE_HZ)
    key = find_key(sound_of(harmony + 0.5 * beat))
    assert (key.tonic, key.mode) == (tonic, mode)


def test_neither_level_nor_offset_nor_channels_change_the_key():
    """Quieter, with an offset, in one channel or in two of opposite phase."""
    harmony = chords(7, "major")
    for channels in (
        (0.02 * harmony,),
        (0.3 * harmony + 0.4,),
        (harmony, 0 * harmony),
        (harmony, -harmony),
    ):
        key = find_key(sound_of(*channels))
        assert (key.tonic, key.mode) == (7, "major")


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_any_sample_rate_is_analysed(rate_hz):
    """The same samples at another rate have another pitch, and their key changes accordingly."""
    semitones = 12 * np.log2(rate_hz / RATE_HZ)
    key = find_key(sound_of(chords(2, "minor"), rate_hz=rate_hz))
    assert (key.tonic, key.mode) == (round(2 + semitones) % 12, "minor")


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(5 * RATE_HZ),
        np.full(5 * RATE_HZ, 0.5),
        noise(5),
        noise(1, seed=3),
        np.cumsum(noise(5, seed=2)) * 0.01,
        drums(120, 8),
        tone(60, 0.2),
        tone(69, 5, partials=1),
        np.zeros(0),
        np.full(5 * RATE_HZ, np.nan),
    ],
    ids=[
        "silence", "direct current", "noise", "short noise", "brown noise", "drums", "short",
        "a sine", "nothing", "no numbers",
    ],
)  # fmt: skip
def test_without_harmony_there_is_no_key(samples):
    """No key is better than a guess."""
    assert find_key(sound_of(samples)) is None


def test_a_key_without_bass_support_is_uncertain():
    """The key of a drone of three tones has a low confidence."""
    key = find_key(sound_of(drone()))
    assert key is None or key.confidence < 0.9


@pytest.mark.parametrize(
    ("tonic", "mode", "name"),
    [
        (9, "minor", "A minor"), (0, "major", "C major"), (1, "major", "Db major"),
        (1, "minor", "C# minor"), (8, "minor", "G# minor"), (8, "major", "Ab major"),
        (10, "minor", "Bb minor"), (6, "minor", "F# minor"),
    ],
)  # fmt: skip
def test_a_key_has_the_name_that_musicians_use(tonic, mode, name):
    """With the fewer accidentals of the two spellings."""
    assert Key(tonic=tonic, mode=mode, confidence=1.0).name == name
