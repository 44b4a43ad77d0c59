"""Mix two sounds: one tempo, compatible keys, downbeat on downbeat, equally loud.

A shorter loop repeats by whole bars. A shorter sound that is no loop ends with a fade. Two loops
make a loop if the longer is a multiple of the shorter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from bot.audio.analysis.expected_tempo import ExpectedTempo
from bot.audio.analysis.key import find_key
from bot.audio.analysis.rhythm import find_rhythm
from bot.audio.editing.alignment import Alignment, SoundAnalysis, align
from bot.audio.editing.crossfade import fade, seal_loop
from bot.audio.editing.loudness import level, measure
from bot.audio.editing.segments import amplify, overlay
from bot.audio.editing.stretch import stretch
from bot.audio.resample import fit
from bot.audio.written_analysis import WrittenAnalysis
from bot.domain.generation import Sound
from bot.domain.mixes import EVEN_BALANCE, LEAST_BALANCE, MOST_BALANCE
from bot.domain.request_checks import is_number
from bot.errors import RequestError
from bot.i18n.sentence import Sentence

MOST_SECONDS = 300.0
"""How long a mix gets at most."""

BALANCE = Sentence("The balance must be from 10 to 90: how much of the other clip is heard.")

_PART_LUFS = -20.0
_MOST_GAIN_DB = 24.0
_FADE_SECONDS, _MOST_FADE_SHARE = 2.0, 0.25
_SEAM_SECONDS = 0.03
# A stroke that rings on a little is no reason for one bar more.
_BAR_SLACK = 0.05
_MOST_REPEATS, _OFF_SECONDS = 8, 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedSound:
    """A mix, its alignment, tempo and key."""

    sound: Sound
    alignment: Alignment
    bpm: float | None
    key: str | None
    loops: bool


def analyse_part(
    sound: Sound,
    *,
    loops: bool,
    expected: ExpectedTempo | None = None,
    written: WrittenAnalysis | None = None,
) -> SoundAnalysis:
    """Return the analysis of a sound that is to be mixed: what its codes say, else detected."""
    said = written or WrittenAnalysis(rhythm=None, key=None)
    return SoundAnalysis(
        seconds=sound.seconds,
        rhythm=said.rhythm or find_rhythm(sound, expected),
        key=said.key or find_key(sound),
        loops=loops,
    )


def mix(
    lead: tuple[Sound, SoundAnalysis],
    other: tuple[Sound, SoundAnalysis],
    *,
    balance: float = EVEN_BALANCE,
) -> MixedSound:
    """Return a sound with another one, aligned with it, on top.

    `balance` is from `LEAST_BALANCE` to `MOST_BALANCE`. Raises RequestError if the tempi are too
    far apart.
    """
    if not is_number(balance, LEAST_BALANCE, MOST_BALANCE):
        raise RequestError(BALANCE)
    alignment = align(lead[1], other[1])
    first, second = _to_common_format(lead[0], other[0])
    span = _plan(lead[1], other[1], alignment)
    rate_hz = first.sample_rate_hz
    base = _excerpt(first, lead[1], span.start, span.seconds)
    over = _align_follower(second, other[1], alignment, span)
    if span.loops:
        seam = round(_SEAM_SECONDS * rate_hz)
        length = base.samples.shape[1]
        over = seal_loop(over, seam, seam + length, before=seam, after=0, least=1)
    whole = overlay(
        amplify(_match_loudness(base), _gain_db(2 * (1 - balance))),
        amplify(_match_loudness(over), _gain_db(2 * balance)),
    )
    tempo = lead[1].bpm if alignment.on_the_beat and lead[1].is_steady else None
    key = lead[1].key or other[1].key
    return MixedSound(
        sound=level(whole),
        alignment=alignment,
        bpm=None if tempo is None else round(tempo, 1),
        key=None if key is None else key.name,
        loops=span.loops,
    )


@dataclass(frozen=True, slots=True)
class _Span:
    """When a mix begins and how long it is, in the time of the sound that leads."""

    start: float
    seconds: float
    loops: bool = False


def _plan(lead: SoundAnalysis, other: SoundAnalysis, alignment: Alignment) -> _Span:
    """Return when a mix begins and ends."""
    length = other.seconds / alignment.time_factor
    end = alignment.offset_seconds + length
    if lead.loops and other.loops:
        repeats, loops = _repeats(lead.seconds, length)
        return _Span(0.0, min(MOST_SECONDS, repeats * lead.seconds), loops)
    if lead.loops:
        start = min(0.0, alignment.offset_seconds)
        stop = max(lead.seconds, _bar_line_after(end, lead))
    elif other.loops:
        start, stop = 0.0, max(_bar_line_after(lead.seconds, lead), length)
    else:
        start, stop = min(0.0, alignment.offset_seconds), max(lead.seconds, end)
    return _Span(start, min(MOST_SECONDS, stop - start))


def _repeats(lead_seconds: float, other_seconds: float) -> tuple[int, bool]:
    """Return how often a loop repeats under another one, and whether both come round together.

    What is longer than a mix may be is cut off, and then they don't.
    """
    least = max(1, math.ceil((other_seconds - _OFF_SECONDS) / lead_seconds))
    for repeats in range(least, max(least, _MOST_REPEATS) + 1):
        if repeats * lead_seconds > MOST_SECONDS:
            break
        rounds = repeats * lead_seconds / other_seconds
        if abs(rounds - round(rounds)) * other_seconds <= _OFF_SECONDS:
            return repeats, True
    return least, False


def _bar_line_after(seconds: float, lead: SoundAnalysis) -> float:
    """Return the first bar line of the sound that leads, at a time or after it."""
    if lead.rhythm is None or lead.bpm is None:
        return seconds
    bar = 60 * lead.rhythm.beats_per_bar / lead.bpm
    bars = math.ceil((seconds - lead.first_downbeat) / bar - _BAR_SLACK)
    # A loop may begin within a bar, and ends where it began.
    phase = 0.0 if lead.loops else lead.first_downbeat
    return max(seconds if bars < 1 else 0.0, phase + bars * bar)


def _align_follower(sound: Sound, part: SoundAnalysis, alignment: Alignment, span: _Span) -> Sound:
    """Return the sound that follows, stretched, over the time of a mix.

    Of a mix that loops there is a moment more before it, which its end goes over into.
    """
    factor = alignment.time_factor
    start, seconds = span.start - alignment.offset_seconds, span.seconds
    if span.loops:
        start, seconds = start - _SEAM_SECONDS, seconds + _SEAM_SECONDS
    if part.loops:
        # Repeated first: a stretch does not end as it began.
        repeated = _excerpt(sound, part, start * factor, seconds * factor)
        made = stretch(repeated, time_factor=factor, semitones=alignment.semitones)
        return _of_length(made, round(seconds * sound.sample_rate_hz))
    made = stretch(sound, time_factor=factor, semitones=alignment.semitones)
    return _excerpt(made, replace(part, seconds=made.seconds), start, seconds)


def _excerpt(sound: Sound, part: SoundAnalysis, start: float, seconds: float) -> Sound:
    """Return a sound from a time on, for so long: repeated where it loops, else with silence.

    What ends earlier ends with a fade.
    """
    rate_hz, length = sound.sample_rate_hz, sound.samples.shape[1]
    first, frames = round(start * rate_hz), round(seconds * rate_hz)
    if part.loops:
        places = np.arange(first, first + frames) % length
        return replace(sound, samples=np.ascontiguousarray(sound.samples[:, places]))
    if first + frames > length + rate_hz * _SEAM_SECONDS:
        bar = _FADE_SECONDS if part.rhythm is None else part.rhythm.bar_seconds
        sound = fade(sound, fall_seconds=min(bar, _MOST_FADE_SHARE * sound.seconds))
    placed = np.zeros((sound.channels, frames), np.float32)
    begin, end = max(0, first), min(length, first + frames)
    placed[:, begin - first : end - first] = sound.samples[:, begin:end]
    return replace(sound, samples=placed)


def _of_length(sound: Sound, frames: int) -> Sound:
    """Return a sound cut, or filled up with a few samples of silence."""
    samples = sound.samples[:, :frames]
    missing = frames - samples.shape[1]
    return replace(sound, samples=np.pad(samples, ((0, 0), (0, missing))))


def _to_common_format(first: Sound, second: Sound) -> tuple[Sound, Sound]:
    """Return two sounds at the better rate and with the more channels of the two."""
    rate_hz = max(first.sample_rate_hz, second.sample_rate_hz)
    channels = max(first.channels, second.channels)
    return (
        fit(first, sample_rate_hz=rate_hz, channels=channels),
        fit(second, sample_rate_hz=rate_hz, channels=channels),
    )


def _match_loudness(sound: Sound) -> Sound:
    """Return a sound as loud as the other one of a mix; silence stays silence."""
    found = measure(sound)
    if found.lufs is None:
        return sound
    return amplify(sound, float(np.clip(_PART_LUFS - found.lufs, -_MOST_GAIN_DB, _MOST_GAIN_DB)))


def _gain_db(gain: float) -> float:
    return 20 * math.log10(gain)
