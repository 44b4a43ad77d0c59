"""Sounds with known properties: clicks, drums, chords, noise."""

from __future__ import annotations

import numpy as np

from bot.domain.generation import Sound

RATE_HZ = 32_000


def sound_of(*channels, rate_hz=RATE_HZ):
    return Sound(samples=np.stack(channels).astype(np.float32), sample_rate_hz=rate_hz)


def times_of(seconds, rate_hz=RATE_HZ):
    return np.arange(round(seconds * rate_hz)) / rate_hz


def struck(seconds, strokes, stroke):
    """A stroke at each of the times, cut off at the sound's end."""
    out = np.zeros(round(seconds * RATE_HZ))
    for at in strokes:
        start = round(at * RATE_HZ)
        part = stroke[: len(out) - start] if start >= 0 else stroke[-start:]
        out[max(0, start) : max(0, start) + len(part)] += part
    return out


def click():
    time_s = times_of(0.02)
    return 0.8 * np.exp(-time_s / 0.002) * np.cos(2 * np.pi * 3000 * time_s)


def kick():
    time_s = times_of(0.2)
    return 0.9 * np.exp(-time_s / 0.06) * np.sin(2 * np.pi * (50 * time_s + 3 * np.sqrt(time_s)))


def snare():
    time_s = times_of(0.15)
    noise = np.random.default_rng(1).normal(0, 0.3, len(time_s))
    return np.exp(-time_s / 0.04) * (noise + 0.3 * np.sin(2 * np.pi * 190 * time_s))


def hat():
    time_s = times_of(0.05)
    noise = np.diff(np.random.default_rng(2).normal(0, 0.1, len(time_s) + 1))
    return np.exp(-time_s / 0.012) * noise


def pulse(bpm, seconds=10.0, first=0.1):
    """A click on every beat."""
    return struck(seconds, np.arange(first, seconds - 0.02, 60 / bpm), click())


def drums(bpm, seconds=10.0, first=0.0, *, beats_per_bar=4, swing=0.5):
    """Kick, snare and hi-hat; `first` is a time at which a bar begins, which may precede the sound.

    `swing` is the position of the second of two hi-hat strokes within a beat.
    """
    beat = 60 / bpm
    beats = first + beat * np.arange(int((seconds - first) / beat) + 1)
    lows, highs = ([0, 2], [1, 3]) if beats_per_bar == 4 else ([0], [1, 2])
    place = np.arange(len(beats)) % beats_per_bar
    strokes = [
        (beats[np.isin(place, lows)], kick()),
        (beats[np.isin(place, highs)], snare() * (1 if beats_per_bar == 4 else 0.5)),
        (np.concatenate([beats, beats + beat * swing]), hat()),
    ]
    inside = [(at[(at > -0.05) & (at < seconds - 0.001)], stroke) for at, stroke in strokes]
    return sum(struck(seconds, at, stroke) for at, stroke in inside)


def grouped_drums(bpm, groups, seconds=20.0, *, unit=1.0):
    """Bars of groups of strokes: kick at the first group, snare at the others, hi-hat at all.

    `unit` is the length of a stroke in beats; a bar of 7/8 is (2, 2, 3) with a unit of 1/2.
    """
    step, at = 60 / bpm * unit, 0.0
    lows: list[float] = []
    highs: list[float] = []
    hats: list[float] = []
    while at < seconds:
        for number, count in enumerate(groups):
            (highs if number else lows).append(at)
            hats += [at + step * stroke for stroke in range(count)]
            at += count * step
    strokes = ((lows, kick()), (highs, snare()), (hats, hat()))
    return sum(
        struck(seconds, [each for each in times if each < seconds - 0.01], stroke)
        for times, stroke in strokes
    )


def tone(pitch, seconds, *, partials=6, cents=0.0):
    """A harmonic tone; the pitch is a MIDI number."""
    hz = 440 * 2 ** ((pitch - 69 + cents / 100) / 12)
    time_s = times_of(seconds)
    waves = [np.sin(2 * np.pi * hz * n * time_s) / n for n in range(1, partials + 1)]
    return 0.1 * sum(waves) * np.minimum(1, time_s / 0.02) * np.minimum(1, time_s[::-1] / 0.02)


def chords(tonic, mode, seconds_each=1.0, *, cents=0.0, times=2):
    """Tonic, subdominant, dominant and tonic, each with its bass."""
    third = 4 if mode == "major" else 3
    fifth_chord = (7, 11, 14)  # the leading note, also in minor
    steps = [(0, third, 7), (5, 5 + third, 12), fifth_chord, (0, third, 7)] * times
    parts = []
    for chord in steps:
        voices = [48 + tonic + chord[0] - 12, *(60 + tonic + step for step in chord)]
        parts.append(sum(tone(voice, seconds_each, cents=cents) for voice in voices))
    return np.concatenate(parts)


def noise(seconds=10.0, seed=0, level=0.1):
    return np.random.default_rng(seed).normal(0, level, round(seconds * RATE_HZ))


def drone(seconds=10.0, hz=110.0):
    time_s = times_of(seconds)
    return sum(0.1 * np.sin(2 * np.pi * hz * n * time_s) for n in (1, 1.503, 2.01))


def triad(root, third, seconds):
    """Return a chord with two partials of each of its tones, from middle C up."""
    hz = 261.63 * 2 ** ((root + np.array([0, third, 7])) / 12)
    times = times_of(seconds)
    return 0.05 * sum(np.sin(2 * np.pi * k * each * times) / k for each in hz for k in (1, 2))
