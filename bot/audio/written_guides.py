"""Write beat and harmony of a recording as codes of the codebooks that lead a model's stems.

An encoder finds in a recording what sounds, but clock and plan are silent: without them such a
model goes on in any tempo and key.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis.chords import find_chord
from bot.audio.analysis.expected_tempo import expected_tempo
from bot.audio.analysis.rhythm import Rhythm, find_rhythm
from bot.audio.analysis.tones import chroma, find_tones, low_tones
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
_HIGHEST_BASS = 52
"""The MIDI pitch below which tones are the bass."""


def find_guides(
    sound: Sound, frame_samples: int, notation: Notation, prompt: str | None
) -> Tokens | None:
    """Return what clock and plan say of a sound, [codebooks, frames] in the codebooks' order.

    Its last half minute is told, and 0 stands for what is not known. None for a sound without a
    steady beat, or with one that the clock can't count. Among tempi that fit, the prompt decides.
    """
    rate_hz, length = sound.sample_rate_hz, sound.samples.shape[1]
    frames = -(-length // frame_samples)
    known = min(frames, round(_HEARD_SECONDS * rate_hz / frame_samples))
    heard = replace(sound, samples=sound.samples[:, (frames - known) * frame_samples :])
    rhythm = find_rhythm(heard, expected_tempo(prompt))
    if rhythm is None:
        return None
    codes = write_guides(heard, rhythm, frame_samples, notation)
    return None if codes is None else np.pad(codes, ((0, 0), (frames - known, 0)))


def write_guides(
    sound: Sound, rhythm: Rhythm, frame_samples: int, notation: Notation, *, new_frames: int = 0
) -> Tokens | None:
    """Return what clock and plan say of a sound with a known rhythm, as `find_guides` does.

    `new_frames` more follow: the beat goes on, and the chords of its last bars repeat.
    """
    frame_seconds = frame_samples / sound.sample_rate_hz
    count = count_beats(rhythm, frame_seconds, notation.clock)
    if count is None:
        return None
    frames = -(-sound.samples.shape[1] // frame_samples)
    plan = _write_plan(sound, rhythm, frame_samples, frames, notation.plan)
    places = np.arange(frames + new_frames)
    again = _repeat_bars(places, frames, count, rhythm.bar_seconds / frame_seconds)
    rows = {notation.clock.book: count.codes(places), notation.plan.book: plan[again]}
    return np.stack([rows[book] for book in sorted(rows)])


@dataclass(frozen=True, slots=True)
class BeatCount:
    """How the clock counts a beat: from the frame of the last beat that was heard, both ways.

    `beat_frames` is its length for the clock, `heard_frames` that in the sound.
    """

    first_code: int
    beat_frames: int
    heard_frames: float
    last_frame: int

    def codes(self, places: NDArray[np.int64]) -> Row:
        """Return the clock's codes of some frames."""
        counted = self.first_code + (places - self.last_frame) % self.beat_frames
        return np.asarray(counted, np.int32)


def count_beats(rhythm: Rhythm, frame_seconds: float, clock: Clock) -> BeatCount | None:
    """Return how the clock counts a beat; None if it counts none of that length.

    A beat that it can't count is counted as half a beat, or as two.
    """
    wanted = 60 / rhythm.bpm / frame_seconds
    beat, factor, off = min(
        (
            (beat, factor, abs(math.log(beat / (wanted * factor))))
            for beat in clock.beat_frames
            for factor in (1.0, 2.0, 0.5)
        ),
        # Of beats that fit, the one that is heard comes first.
        key=lambda each: (each[2] > _MOST_OFF, abs(math.log(each[0] / wanted))),
    )
    if off > _MOST_OFF:
        return None
    before = sum(clock.beat_frames[: clock.beat_frames.index(beat)])
    # The last beats are where they are heard, since the sound goes on there.
    return BeatCount(1 + before, beat, wanted * factor, round(rhythm.beats[-1] / frame_seconds))


def _repeat_bars(
    places: NDArray[np.int64], frames: int, count: BeatCount, bar_frames: float
) -> NDArray[np.int64]:
    """Return the frame of the sound that each frame is like; those after its end, a bar of it."""
    heard = count.last_frame + (places - count.last_frame) * (
        count.heard_frames / count.beat_frames
    )
    # A sound that was cut a moment before a bar line has whole bars all the same.
    period = max(1, round(frames / bar_frames)) * bar_frames
    late = np.maximum(0, np.ceil((heard - (frames - 1)) / period)) * period
    return np.where(places < frames, places, np.round(heard - late)).clip(0, frames - 1).astype(int)


def _write_plan(sound: Sound, rhythm: Rhythm, frame_samples: int, frames: int, plan: Plan) -> Row:
    """Return the plan's codes: the chord of each half of a bar, the beat, and the bar."""
    codes = np.zeros(frames, np.int32)
    if not rhythm.downbeats or not {_MAJOR, _MINOR} <= set(plan.qualities):
        return codes
    tones = find_tones(sound.samples.mean(axis=0), sound.sample_rate_hz)
    if len(tones.frame) < _LEAST_TONES * tones.frames:
        return codes
    classes = chroma(tones, _SPREAD_SEMITONES)
    bass = chroma(low_tones(tones, _HIGHEST_BASS), _SPREAD_SEMITONES)
    bars = _bars(np.arange(frames) * frame_samples / sound.sample_rate_hz, rhythm)
    parts = np.floor(_CHORDS_IN_A_BAR * bars).astype(int)
    heard_bars = _bars(np.arange(len(classes)) / tones.frame_rate_hz, rhythm)
    heard_parts = np.floor(_CHORDS_IN_A_BAR * heard_bars).astype(int)
    beats = np.minimum((bars % 1 * rhythm.beats_per_bar).astype(int), plan.beats - 1)
    # Which bar of a phrase it is can't be heard: a sound most often begins with one.
    first = round(_bars(np.array(rhythm.downbeats[:1]), rhythm).item())
    numbers = (np.floor(bars).astype(int) - first) % plan.codes_per_beat
    for part in np.unique(heard_parts):
        own = heard_parts == part
        chord = find_chord(classes[own].mean(axis=0), bass[own].mean(axis=0))
        if chord is not None:
            quality = plan.qualities.index(_MINOR if chord.is_minor else _MAJOR)
            number = chord.root * len(plan.qualities) + quality
            at = parts == part
            codes[at] = (number * plan.beats + beats[at]) * plan.codes_per_beat + numbers[at] + 1
    return codes


def _bars(seconds: NDArray[np.float64], rhythm: Rhythm) -> NDArray[np.float64]:
    """Return how many bars after the last bar line some times are, in bars."""
    return (seconds - rhythm.downbeats[-1]) / rhythm.bar_seconds
