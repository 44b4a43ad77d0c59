"""An excerpt of a clip for Discord's soundboard: on the beat, and within Discord's limits."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from bot.audio.analysis.rhythm import Rhythm, find_rhythm
from bot.audio.editing.excerpt import cut_excerpt
from bot.audio.files.soundboard import encode_soundboard_sound
from bot.domain.soundboard import MOST_BYTES, MOST_SECONDS, name_of
from tests.support.known_sounds import RATE_HZ, drums, kick, noise, sound_of, struck


def loud_from(wave, seconds):
    """Return a sound that is quiet until a time, and loud for 6 s from there."""
    gains = np.full(len(wave), 0.1)
    first = round(seconds * RATE_HZ)
    gains[first : first + 6 * RATE_HZ] = 1.0
    return sound_of(wave * gains)


def test_the_sound_is_the_loudest_bars_cut_on_the_beat():
    """As many whole bars as fit, from a bar line: two at 120 BPM."""
    sound = loud_from(drums(120, 16.0), 8.0)
    part = cut_excerpt(sound, find_rhythm(sound), 5.1)
    assert part.seconds == pytest.approx(4.0, abs=0.02)
    # It begins with a stroke as strong as the others.
    heights = np.abs(part.samples[0])
    assert heights[: round(0.05 * RATE_HZ)].max() > 0.7 * heights.max()


def played(lengths):
    """Return bars of four strokes, each bar of its own length in seconds, and their rhythm."""
    bars = np.cumsum([0.0, *lengths])
    beats = np.concatenate(
        [bar + length * np.arange(4) / 4 for bar, length in zip(bars, lengths, strict=False)]
    )
    rhythm = Rhythm(
        bpm=240 / float(np.median(lengths)),
        confidence=0.9,
        beats=tuple(beats.tolist()),
        downbeats=tuple(bars[:-1].tolist()),
        beats_per_bar=4,
        is_even=False,
    )
    return struck(bars[-1], beats, kick()), bars, rhythm


@pytest.mark.parametrize("slow", [2.44, 2.9])
def test_bars_of_an_uneven_rhythm_are_as_long_as_they_are_played(slow):
    """Two of the slower bars are longer than their tempo says, and too long, however loud."""
    wave, bars, rhythm = played([2.0] * 5 + [slow] * 4)
    part = cut_excerpt(loud_from(wave, bars[5]), rhythm, 4.1)
    assert part.seconds == pytest.approx(4.0, abs=0.02)


def test_without_a_beat_the_sound_is_the_loudest_seconds():
    """A sound that is short enough is not cut."""
    sound = loud_from(noise(16.0, level=0.2), 8.0)
    part = cut_excerpt(sound, None, 5.1)
    assert 4.9 < part.seconds <= 5.1
    assert part.samples.std() > 0.15
    short = sound_of(noise(3.0))
    assert cut_excerpt(short, None, 5.1) is short


@pytest.mark.parametrize("bpm", [47, 95, 170])
def test_the_sound_meets_discord_s_limits(bpm):
    """An MP3 of at most the allowed length and size, at any tempo."""
    sound = sound_of(drums(bpm, 12.0), drums(bpm, 12.0))
    made = encode_soundboard_sound(sound, name="song", loudness_lufs=-14.0)
    assert made.data.startswith((b"ID3", b"\xff\xfb"))
    assert len(made.data) <= MOST_BYTES
    with soundfile.SoundFile(io.BytesIO(made.data)) as file:
        frames, rate_hz = len(file.read()), file.samplerate
    assert 1.0 < made.seconds < MOST_SECONDS
    assert frames / rate_hz <= MOST_SECONDS


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("90s  rock", "90s rock"),
        (None, "clip 7"),
        ("x", "clip 7"),
        ("slow blues with a very groovy saxophone", "slow blues with a very groovy"),
        ("x" * 40, "x" * 32),
    ],
)
def test_the_sound_is_named_after_its_prompt(words, named):
    """Shortened to Discord's 32 characters."""
    assert name_of(words, 7) == named
