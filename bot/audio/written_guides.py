"""Write beat and harmony of a recording as codes of the codebooks that lead a model's stems.

An encoder finds in a recording what sounds, but clock and plan are silent: without them such a
model goes on in any tempo and key.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis.chords import find_chord
from bot.audio.analysis.expected_tempo import expected_tempo
from bot.audio.analysis.rhythm import Rhythm, find_rhythm
from bot.audio.analysis.tones import chroma, find_tones
from bot.audio.notation import Clock, Notation, Plan
from bot.domain.generation import Sound, Tokens

Row = NDArray[np.int32]

_HEARD_SECONDS = 30.0
_MOST_OFF = 0.045
_SPREAD_SEMITONES = 0.3
_CHORDS_IN_A_BAR = 2
_LEAST_TONES = 5.0
"""Partials at a time that harmony has at least: nearly all pieces have 8, three in four drums alone
fewer than 6."""
_MAJOR, _MINOR = "maj", "min"


def find_guides(
    sound: Sound, frame_samples: int, notation: Notation, prompt: str | None
) -> Tokens | None:
    """Return what clock and plan say of a sound, [codebooks, frames] in the codebooks' order.

    Its last half minute is told, and 0 stands for what is not known. None for a sound without a
    steady beat, or with one that the clock can't count. Among tempi that fit, the prompt decides.
    """
    rate_hz, length = sound.sample_rate_hz, sound.samples.shape[1]
    frames = -(-length // frame_samples)
    told = min(frames, round(_HEARD_SECONDS * rate_hz / frame_samples))
    heard = replace(sound, samples=sound.samples[:, (frames - told) * frame_samples :])
    rhythm = find_rhythm(heard, expected_tempo(prompt))
    if rhythm is None:
        return None
    clock = _write_clock(rhythm, frame_samples / rate_hz, told, notation.clock)
    if clock is None:
        return None
    rows = {
        notation.clock.book: clock,
        notation.plan.book: _write_plan(heard, rhythm, frame_samples, told, notation.plan),
    }
    codes = np.stack([rows[book] for book in sorted(rows)])
    return np.pad(codes, ((0, 0), (frames - told, 0)))


def _write_clock(rhythm: Rhythm, frame_seconds: float, frames: int, clock: Clock) -> Row | None:
    """Return the clock's codes of that many frames; None if it counts no beat of that length.

    The last beats are where they are heard, since the sound goes on there. A beat that the clock
    can't count is counted as half a beat, or as two.
    """
    wanted = 60 / rhythm.bpm / frame_seconds
    beat, off = min(
        (
            (beat, abs(math.log(beat / (wanted * factor))))
            for beat in clock.beat_frames
            for factor in (1.0, 2.0, 0.5)
        ),
        # Of beats that fit, the one that is heard comes first.
        key=lambda each: (each[1] > _MOST_OFF, abs(math.log(each[0] / wanted))),
    )
    if off > _MOST_OFF:
        return None
    before = sum(clock.beat_frames[: clock.beat_frames.index(beat)])
    last = round(rhythm.beats[-1] / frame_seconds)
    return (1 + before + (np.arange(frames) - last) % beat).astype(np.int32)


def _write_plan(sound: Sound, rhythm: Rhythm, frame_samples: int, frames: int, plan: Plan) -> Row:
    """Return the plan's codes: the chord of each half of a bar, the beat, and the bar."""
    codes = np.zeros(frames, np.int32)
    if not rhythm.downbeats or not {_MAJOR, _MINOR} <= set(plan.qualities):
        return codes
    tones = find_tones(sound.samples.mean(axis=0), sound.sample_rate_hz)
    if len(tones.frame) < _LEAST_TONES * tones.frames:
        return codes
    classes = chroma(tones, _SPREAD_SEMITONES)
    bars = _bars(np.arange(frames) * frame_samples / sound.sample_rate_hz, rhythm)
    parts = np.floor(_CHORDS_IN_A_BAR * bars).astype(int)
    heard_bars = _bars(np.arange(len(classes)) / tones.frame_rate_hz, rhythm)
    heard_parts = np.floor(_CHORDS_IN_A_BAR * heard_bars).astype(int)
    beats = np.minimum((bars % 1 * rhythm.beats_per_bar).astype(int), plan.beats - 1)
    # Which bar of a phrase it is can't be heard: a sound most often begins with one.
    first = round(_bars(np.array(rhythm.downbeats[:1]), rhythm).item())
    numbers = (np.floor(bars).astype(int) - first) % plan.codes_per_beat
    for part in np.unique(heard_parts):
        chord = find_chord(classes[heard_parts == part].mean(axis=0))
        if chord is not None:
            quality = plan.qualities.index(_MINOR if chord.is_minor else _MAJOR)
            number = chord.root * len(plan.qualities) + quality
            at = parts == part
            codes[at] = (number * plan.beats + beats[at]) * plan.codes_per_beat + numbers[at] + 1
    return codes


def _bars(seconds: NDArray[np.float64], rhythm: Rhythm) -> NDArray[np.float64]:
    """Return how many bars after the last bar line some times are, in bars."""
    return (seconds - rhythm.downbeats[-1]) / rhythm.bar_seconds
