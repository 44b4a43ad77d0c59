"""Cut, join and loop sound without clicks or rhythmic breaks.

Every function returns a new sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis.rhythm import ATTACK_LEAD_SECONDS, Rhythm
from bot.audio.analysis.spectra import normalize
from bot.audio.editing.crossfade import RISE_SECONDS, crossfade, fade, find_quiet_place, seal_loop
from bot.audio.editing.loops import (
    Likeness,
    SampleRange,
    align_end,
    choose_loop,
    find_alike_places,
    find_full_range,
)
from bot.audio.editing.loudness import measure
from bot.audio.editing.segments import amplify, join
from bot.audio.mixing import mix_to_mono
from bot.audio.resample import fit
from bot.domain.generation import Samples, Sound
from bot.errors import RequestError
from bot.i18n.sentence import Sentence

BARS = (16, 8, 4, 2, 1)
"""The lengths of loops, best first."""

CROSSING_SECONDS = 0.003
"""A cut is moved by so much at most, to where the wave crosses zero."""

NOTHING_LEFT = Sentence("There is nothing between these two times.")

_LATE_SECONDS = 0.03
_FIRST_BEAT_SECONDS = 0.08
_BAR_SEAM_SECONDS, _LEAST_SEAM_SECONDS = 0.05, 0.02
_LONG_SEAM_SECONDS, _LONG_SEAM_SHARE = 1.0, 0.15
_BEFORE_BEAT_SECONDS = 0.008
_SHORTEST_SECONDS = 0.01
_MOST_GAIN_DB = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A seamless loop.

    `bars` is 0 if it is not made of bars; `start_seconds` is its start in the source.
    """

    sound: Sound
    bars: int
    start_seconds: float


def make_loop(sound: Sound, rhythm: Rhythm | None) -> Loop:
    """Return the part of a sound that loops best.

    A sound of whole bars is a loop as it is. With a rhythm: the most of 16, 8, 4, 2 or 1 bars at
    full level. Otherwise, between two places that sound alike.
    """
    mono = normalize(sound)
    if mono is None or sound.seconds < 10 * _SHORTEST_SECONDS:
        return Loop(sound=sound, bars=0, start_seconds=0.0)
    whole = find_full_range(mono, sound.sample_rate_hz)
    likeness = Likeness.of(mono, sound.sample_rate_hz)
    if rhythm is not None:
        bars = _exact_bars(sound, rhythm, whole)
        if bars:
            return _close(sound, 0, sound.samples.shape[1], bars=bars, whole=whole)
        for bars in BARS:
            candidates = _whole_bars(sound, rhythm, bars, whole)
            if candidates:
                start, stop = choose_loop(likeness, candidates, whole)
                return _close(sound, start, stop, bars=bars, whole=whole)
    spare = round(min(_LONG_SEAM_SECONDS, _LONG_SEAM_SHARE * sound.seconds) * sound.sample_rate_hz)
    start, stop = find_alike_places(likeness, whole, spare)
    stop = align_end(mono, start, stop, sound.sample_rate_hz)
    return _close(sound, start, stop, bars=0, whole=whole)


def cut(
    sound: Sound, start_seconds: float, end_seconds: float, rhythm: Rhythm | None = None
) -> Sound:
    """Return a part of a sound, cut at the nearest beats or zero crossings.

    Raises RequestError if nothing is left.
    """
    if not start_seconds < end_seconds:
        raise RequestError(NOTHING_LEFT)
    rate_hz, length = sound.sample_rate_hz, sound.samples.shape[1]
    edges = []
    for seconds in (start_seconds, end_seconds):
        if rhythm is not None and 0 < seconds < sound.seconds:
            seconds = _nearest(seconds, (0.0, *rhythm.beats, sound.seconds)) - _BEFORE_BEAT_SECONDS
        place = min(length, max(0, round(seconds * rate_hz)))
        edges.append(_crossing(sound.samples, place, round(CROSSING_SECONDS * rate_hz)))
    start, stop = edges
    if stop - start < _SHORTEST_SECONDS * rate_hz:
        raise RequestError(NOTHING_LEFT)
    # The next beat is near: there is no time for a long fall.
    part = replace(sound, samples=sound.samples[:, start:stop])
    return fade(part, fall_seconds=RISE_SECONDS)


def join_with_crossfade(
    first: Sound,
    second: Sound,
    seconds: float,
    rhythms: tuple[Rhythm | None, Rhythm | None] | None = None,
) -> Sound:
    """Return two sounds joined by a crossfade, the second leveled to the first.

    With both rhythms, a downbeat of the second falls on one of the first; the rest of the first is
    dropped. The better sample rate and channel count of both is used.
    """
    rate_hz = max(first.sample_rate_hz, second.sample_rate_hz)
    channels = max(first.channels, second.channels)
    first, second = (
        fit(sound, sample_rate_hz=rate_hz, channels=channels) for sound in (first, second)
    )
    second = _match_loudness(second, first)
    one, other = first.samples, second.samples
    frames = max(0, min(round(seconds * first.sample_rate_hz), one.shape[1], other.shape[1]))
    place = one.shape[1] - frames  # where the second begins
    if rhythms is not None and rhythms[0] is not None and rhythms[1] is not None:
        place = _meeting_place(place, first.sample_rate_hz, (rhythms[0], rhythms[1]))
    before = replace(first, samples=one[:, :place])
    if frames == 0:
        return join([before, second])
    seam = crossfade(
        replace(first, samples=one[:, place : place + frames]),
        replace(second, samples=other[:, :frames]),
    )
    return join([before, seam, replace(second, samples=other[:, frames:])])


def _exact_bars(sound: Sound, rhythm: Rhythm, whole: SampleRange) -> int:
    """Return how many bars a sound has that is nothing but bars at their full level, else 0."""
    # The last stroke may die away within its beat.
    beat_samples = round(60 / rhythm.bpm * sound.sample_rate_hz)
    is_full = whole.start <= beat_samples and whole.stop >= sound.samples.shape[1] - beat_samples
    bars = round(sound.seconds / rhythm.bar_seconds)
    is_exact = abs(bars * rhythm.bar_seconds - sound.seconds) <= _LATE_SECONDS
    # Whichever beat it begins with: after so many whole bars it goes on in the same place.
    begins = bool(rhythm.beats) and rhythm.beats[0] <= _FIRST_BEAT_SECONDS
    return bars if rhythm.is_even and is_full and is_exact and begins else 0


def _whole_bars(
    sound: Sound, rhythm: Rhythm, bars: int, whole: SampleRange
) -> list[tuple[int, int]]:
    """Return every place where so many bars fit into a range, as start and stop in samples."""
    rate_hz, total = sound.sample_rate_hz, sound.samples.shape[1]
    late = round(_LATE_SECONDS * rate_hz)
    lines = [*rhythm.downbeats]
    if lines:
        lines.append(lines[-1] + rhythm.bar_seconds)
    found = []
    for first, last in zip(lines, lines[bars:], strict=False):
        length = round((bars * rhythm.bar_seconds if rhythm.is_even else last - first) * rate_hz)
        wanted = round((first - ATTACK_LEAD_SECONDS) * rate_hz)
        # A clip of exactly so many bars begins with its first attack.
        start = max(0, min(wanted, total - length))
        fits = abs(start - wanted) <= late and start + length <= total
        if fits and whole.start - late <= start and start + length <= whole.stop + late:
            found.append((start, start + length))
    return found


def _close(sound: Sound, start: int, stop: int, *, bars: int, whole: SampleRange) -> Loop:
    """Cut out a loop and hide its seam."""
    rate_hz, length = sound.sample_rate_hz, stop - start
    if start:
        moved = find_quiet_place(sound.samples, start, rate_hz)
        start = min(moved, sound.samples.shape[1] - length)
    stop = start + length
    longest = _LONG_SEAM_SHARE * length
    if bars:
        longest = min(longest, _BAR_SEAM_SECONDS * rate_hz)
    longest = min(longest, _LONG_SEAM_SECONDS * rate_hz)
    loop = seal_loop(
        sound,
        start,
        stop,
        before=max(0, min(round(longest), start - whole.start)),
        after=max(0, min(round(longest), whole.stop - stop)),
        least=min(round(longest), round(_LEAST_SEAM_SECONDS * rate_hz)),
    )
    return Loop(sound=loop, bars=bars, start_seconds=start / rate_hz)


def _crossing(samples: Samples, place: int, radius: int) -> int:
    """Return the nearest place where the wave crosses zero, if there is one so near."""
    low, high = max(0, place - radius), min(samples.shape[1], place + radius)
    if place in (0, samples.shape[1]) or high - low < 2:
        return place
    is_above = mix_to_mono(samples[:, low:high]) > 0
    crossings = low + 1 + np.flatnonzero(is_above[1:] != is_above[:-1])
    return int(_nearest(place, crossings)) if len(crossings) else place


def _nearest(value: float, choices: Sequence[float] | NDArray[np.intp]) -> float:
    return float(min(choices, key=lambda each: abs(each - value)))


def _match_loudness(second: Sound, first: Sound) -> Sound:
    """Return the second sound at the loudness of the first, as far as both have one."""
    levels = [measure(sound).lufs for sound in (second, first)]
    own, wanted = levels
    if own is None or wanted is None:
        return second
    gain_db = float(np.clip(wanted - own, -_MOST_GAIN_DB, _MOST_GAIN_DB))
    return amplify(second, gain_db)


def _meeting_place(place: int, rate_hz: int, rhythms: tuple[Rhythm, Rhythm]) -> int:
    """Return the latest place, no later than one, at which two rhythms meet; in samples."""
    first, second = rhythms
    for lines, own in ((first.downbeats, second.downbeats), (first.beats, second.beats)):
        starts = [round((line - own[0]) * rate_hz) for line in lines] if own else []
        fitting = [start for start in starts if 0 <= start <= place]
        if fitting:
            return max(fitting)
    return place
