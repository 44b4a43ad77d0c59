"""Plan the transition between two tracks: beat-matched if possible, else a plain crossfade."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.audio.analysis.rhythm import Rhythm
from bot.audio.editing.alignment import SoundAnalysis, align
from bot.audio.files.opus_packets import RATE_HZ
from bot.errors import RequestError
from bot.voice.track import Frames, Track

MOST_STRETCH = 1.06
"""The largest tempo change of a track's end, as a factor."""

_PLAIN_SECONDS = 2.0
_MOST_SECONDS = 8.0
_BARS = (2, 1)
_MOST_OF_TRACK = 1 / 3
# Beats closer than this are heard as one.
_LEAST_DRIFT_SECONDS = 0.003
_WHOLE = 0.02
_GROWN_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blend:
    """A transition from one track to the next; places and lengths are in samples at 48 kHz."""

    first: Track
    leave: int
    """Where the fade begins in the first track."""
    enter: int
    """The place in the second track at that moment."""
    length: int
    time_factor: float = 1.0
    """The speed-up of the first track, so that it matches the second's tempo."""
    tail: Frames | None = None
    """The rendered end of the first track, if its tempo is changed."""
    likeness: float = 0.0
    """The correlation of both waves; correlated sound adds up louder."""
    on_the_beat: bool = False


def plain_blend(first: Track, second: Track) -> Blend:
    """Return a plain 2 s crossfade at the end of a track."""
    length = max(1, min(round(_PLAIN_SECONDS * RATE_HZ), _longest(first, second)))
    return Blend(first=first, leave=first.length - length, enter=0, length=length)


def plan_blend(first: Track, second: Track, *, since: int = 0) -> Blend:
    """Return the transition between two tracks, near the first's end and not before `since`.

    Over whole bars, downbeat on downbeat, if both have a steady beat, the first can be stretched to
    the second's tempo, and their keys match. Else a plain crossfade.
    """
    met = _meet(first, second, max(since, first.length // 2))
    return plain_blend(first, second) if met is None else met


def grown_blend(first: Track, *, place: int, same_seconds: float) -> Blend:
    """Return the transition of a track to its longer version, being at a place now.

    Both are equal up to a time: before it the switch is inaudible. After it, the first plays to its
    end, then the new part follows.
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


def _factor(first: SoundAnalysis | None, second: SoundAnalysis | None) -> float | None:
    """Return the speed-up of the first track that matches the second's tempo, if any."""
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
    # Tempi an octave apart match, with one bar for two; three beats never match four.
    octaves = math.log2(one.bar_seconds / factor / other.bar_seconds)
    return factor if abs(octaves - round(octaves)) < _WHOLE else None


def _steady(part: SoundAnalysis | None) -> Rhythm | None:
    return part.rhythm if part is not None and part.is_steady else None


def _longest(first: Track, second: Track) -> int:
    """Return how long a fade may be, in samples."""
    shorter = min(first.length, second.length)
    return int(min(_MOST_SECONDS * RATE_HZ, shorter * _MOST_OF_TRACK))
