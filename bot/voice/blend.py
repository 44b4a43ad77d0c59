"""How one track goes over into another: on the beat where both have one that fits, else plainly."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.audio.analysis.rhythm import Rhythm
from bot.audio.editing.alignment import Part, align
from bot.audio.files.opus_packets import RATE_HZ
from bot.errors import RequestError
from bot.voice.track import Frames, Track

MOST_STRETCH = 1.06
"""By which factor the end of a track is made faster or slower at most: nobody asked for it."""

_PLAIN_SECONDS = 2.0
_MOST_SECONDS = 8.0
_BARS = (2, 1)
_MOST_OF_TRACK = 1 / 3
# Beats that drift apart by less are heard as one.
_LEAST_DRIFT_SECONDS = 0.003
_WHOLE = 0.02
_GROWN_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blend:
    """How one track goes over into the next; places and lengths are in samples at 48 kHz."""

    first: Track
    leave: int
    """Where in the first the fade begins."""
    enter: int
    """What of the second is heard then."""
    length: int
    time_factor: float = 1.0
    """By which the first is made faster meanwhile, so that it is at the second's tempo."""
    tail: Frames | None = None
    """What of the first is heard meanwhile, where it is not as it was."""
    likeness: float = 0.0
    """How alike both are as waves then: what is alike would be louder than either."""
    on_the_beat: bool = False


def plain_blend(first: Track, second: Track) -> Blend:
    """Return how a track goes over into any other at its end: over 2 s, nothing is left out."""
    length = max(1, min(round(_PLAIN_SECONDS * RATE_HZ), _longest(first, second)))
    return Blend(first=first, leave=first.length - length, enter=0, length=length)


def plan_blend(first: Track, second: Track, *, since: int = 0) -> Blend:
    """Return how a track goes over into another, near its end and not before a place in it.

    Over whole bars, downbeat on downbeat, where both have a steady beat, the first can be brought
    to the tempo of the second, and their keys fit as they are. Else plainly.
    """
    met = _meet(first, second, max(since, first.length // 2))
    return plain_blend(first, second) if met is None else met


def grown_blend(first: Track, *, place: int, same_seconds: float) -> Blend:
    """Return how a track goes over into itself with more after it, being at a place now.

    Both are the same up to a time: before it one goes on as the other and nobody hears where.
    Whoever is past that hears the first to its end, and then what is new.
    """
    same = min(round(same_seconds * RATE_HZ), first.length)
    seam = min(round(_GROWN_SECONDS * RATE_HZ), same // 4)
    leave = same - 2 * seam
    if place < leave:
        return Blend(first=first, leave=leave, enter=leave, length=max(1, seam), likeness=1.0)
    length = max(1, min(seam, (first.length - place) // 2))
    return Blend(first=first, leave=first.length - length, enter=same, length=length)


def _meet(first: Track, second: Track, since: int) -> Blend | None:
    factor = _factor(first.part, second.part)
    one, other = _steady(first.part), _steady(second.part)
    if factor is None or one is None or other is None or second.part is None:
        return None
    bar = 60 * other.beats_per_bar / (second.part.bpm or other.bpm)
    # A pickup longer than a bar would be lost.
    if second.part.first_downbeat > bar:
        return None
    bar = max(bar, one.bar_seconds / factor)
    for bars in _BARS:
        length = round(bars * bar * RATE_HZ)
        heard = math.ceil(length * factor)
        starts = [round(each * RATE_HZ) for each in one.downbeats]
        starts = [each for each in starts if each + heard <= first.length]
        if length <= _longest(first, second) and starts and starts[-1] >= since:
            return Blend(
                first=first,
                leave=starts[-1],
                enter=round(second.part.first_downbeat * RATE_HZ),
                length=length,
                time_factor=factor
                if abs(factor - 1) * length / RATE_HZ > _LEAST_DRIFT_SECONDS
                else 1.0,
                on_the_beat=True,
            )
    return None


def _factor(first: Part | None, second: Part | None) -> float | None:
    """Return by which factor the first is made faster so that it goes with the second, if so."""
    one, other = _steady(first), _steady(second)
    if first is None or second is None or one is None or other is None:
        return None
    try:
        alignment = align(second, first)
    except RequestError:
        return None
    factor = alignment.time_factor
    if alignment.semitones or not alignment.on_the_beat:
        return None
    if abs(math.log(factor)) > math.log(MOST_STRETCH):
        return None
    # Of tempi an octave apart one bar is two of the other's; three beats never meet four.
    octaves = math.log2(one.bar_seconds / factor / other.bar_seconds)
    return factor if abs(octaves - round(octaves)) < _WHOLE else None


def _steady(part: Part | None) -> Rhythm | None:
    return part.rhythm if part is not None and part.is_steady else None


def _longest(first: Track, second: Track) -> int:
    """Return how long a fade may be, in samples."""
    shorter = min(first.length, second.length)
    return int(min(_MOST_SECONDS * RATE_HZ, shorter * _MOST_OF_TRACK))
