"""The rhythm of a sound: tempo, beats and bar lines."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bot.audio.analysis.bars import PARTS, find_bars
from bot.audio.analysis.beats import Times, shift_pulse, track_beats
from bot.audio.analysis.expected_tempo import ExpectedTempo
from bot.audio.analysis.onsets import measure_onsets
from bot.audio.analysis.spectra import normalize
from bot.audio.analysis.tempo import find_tempo
from bot.audio.analysis.tones import find_tones
from bot.domain.generation import Sound

ATTACK_LEAD_SECONDS = 0.015
"""How long before a beat or a bar line a cut is made, since attacks begin before they are heard."""

_SHORTEST_SECONDS = 1.5
_LEAST_REGULARITY, _CHANCE = 0.12, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """A steady beat. Times are in seconds, sorted, and within the sound.

    `is_even`: one tempo holds throughout; otherwise `bpm` is the median one. `confidence` is from 0
    to 1: how regularly onsets repeat with the beat. In 7/8 a bar has three and a half beats.
    """

    bpm: float
    confidence: float
    beats: tuple[float, ...]
    downbeats: tuple[float, ...]
    beats_per_bar: float
    is_even: bool

    @property
    def bar_seconds(self) -> float:
        """Return the length of a bar."""
        return 60 * self.beats_per_bar / self.bpm

    def within(self, begin: float, end: float, *, zero: float | None = None) -> Rhythm | None:
        """Return the rhythm of a part between two times; None if it has no beat.

        Its times are counted from `zero`, or from where the part begins.
        """
        first = begin if zero is None else zero
        beats, downbeats = (
            tuple(second - first for second in times if begin <= second < end)
            for times in (self.beats, self.downbeats)
        )
        return replace(self, beats=beats, downbeats=downbeats) if beats else None


def find_rhythm(sound: Sound, expected: ExpectedTempo | None = None) -> Rhythm | None:
    """Return the rhythm of a sound; None without a steady beat.

    Tempi from 50 to 200 BPM. Of two tempi an octave apart that fit equally well, the moderate one:
    a plain pulse is reported as is up to 155 BPM, and at half tempo from 180. `expected` decides
    between tempi that fit.
    """
    mono = normalize(sound)
    if mono is None or sound.seconds < _SHORTEST_SECONDS:
        return None
    rate_hz = sound.sample_rate_hz
    onsets = measure_onsets(mono, rate_hz)
    tempo = find_tempo(onsets, expected)
    # Short sounds need more regularity: chance repetitions are likelier.
    if tempo is None or tempo.regularity < max(
        _LEAST_REGULARITY, _CHANCE / float(np.sqrt(sound.seconds))
    ):
        return None
    pulse = track_beats(mono, rate_hz, onsets, tempo.bpm)
    if pulse is None:
        return None
    bars = find_bars(pulse.seconds, onsets, find_tones(mono, rate_hz), tempo.after_half_beats)
    first, parts = divmod(bars.offset_parts, PARTS)
    anchor = float(pulse.seconds[first]) + parts / PARTS * pulse.period_seconds
    if parts:
        pulse = shift_pulse(pulse, parts / PARTS, mono, rate_hz)
    nearest = int(np.abs(pulse.seconds - anchor).argmin())
    return Rhythm(
        bpm=60 / pulse.period_seconds,
        confidence=tempo.regularity,
        beats=tuple(float(second) for second in pulse.seconds),
        downbeats=_downbeats(pulse.seconds, nearest, bars.beats_per_bar),
        beats_per_bar=bars.beats_per_bar,
        is_even=pulse.is_even,
    )


def _downbeats(beats: Times, one: int, beats_per_bar: float) -> tuple[float, ...]:
    """Return the times of all bar lines, of which one is at a beat; they may lie between beats."""
    places = np.arange(one % beats_per_bar, len(beats), beats_per_bar)
    inside = places[places <= len(beats) - 1]
    return tuple(float(second) for second in np.interp(inside, np.arange(len(beats)), beats))
