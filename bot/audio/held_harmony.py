"""Tempo and harmony of a kept sound, as codes that a new part is generated over, and their joint.

An audio prompt would impose its style, whatever the prompt says.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from bot.audio.analysis.rhythm import Rhythm
from bot.audio.editing.crossfade import fade
from bot.audio.editing.joint import join_new_part
from bot.audio.editing.stretch import stretch
from bot.audio.notation import Notation
from bot.audio.prompt import AudioPrompt, prepend
from bot.audio.score import read_bars
from bot.audio.written_guides import count_beats, write_guides
from bot.domain.generation import Kept, Sound, Tokens

_PHRASES = (1, 2, 4, 8)
_ALMOST = 0.05
_LEAST_STRETCH = 0.004
"""Less is not heard in a clip's length, and a stretch costs a little of the sound."""


def hold_harmony(
    heard: AudioPrompt,
    tokens: Tokens | None,
    notation: Notation | None,
    *,
    frame_samples: int,
    lead: int,
    frames: int,
) -> Kept | None:
    """Return the tempo and harmony of a kept sound for that many frames of a new part.

    The last bars before the joint repeat, eight of them if there are so many. `tokens` are the
    exact codes of all the sound before it; without them beat and chords are written as codes, and
    None is returned if there are none to write. The new part starts `lead` frames before the joint.
    """
    if tokens is not None:
        held = repeat_codes(tokens, _period(heard, tokens, notation, frame_samples), lead, frames)
        return Kept(tokens=held, stems=(), harmony_only=True)
    if notation is None or heard.rhythm is None:
        return None
    sound, rhythm = _last_bars(heard, heard.rhythm, frame_samples)
    new = frames - lead
    guides = write_guides(sound, rhythm, frame_samples, notation, new_frames=max(0, new))
    if guides is None:
        return None
    held = np.zeros((notation.books, frames), np.int32)
    first = guides.shape[1] - max(0, new) - lead
    held[sorted((notation.clock.book, notation.plan.book))] = guides[:, first : first + frames]
    return Kept(tokens=held, stems=(), harmony_only=True)


def _period(
    heard: AudioPrompt, tokens: Tokens, notation: Notation | None, frame_samples: int
) -> int:
    """Return how many of the last frames of codes repeat: whole bars, or else whole beats."""
    bars = None if notation is None else read_bars(tokens, notation)
    if bars is not None:
        bar = bars.beat_frames * bars.beats_per_bar
        return bar * _count_bars(tokens.shape[1] / bar)
    length = heard.end.samples.shape[1] / frame_samples
    if heard.beat_seconds is None:
        return max(1, math.ceil(length))
    beat = heard.beat_seconds * heard.end.sample_rate_hz / frame_samples
    return max(1, round(round(length / beat) * beat))


def _last_bars(heard: AudioPrompt, rhythm: Rhythm, frame_samples: int) -> tuple[Sound, Rhythm]:
    """Return the last bars of a recording before the joint, in whole frames, and their rhythm."""
    whole = np.concatenate([heard.before.samples, heard.end.samples], axis=1)
    rate_hz = heard.end.sample_rate_hz
    bar = rhythm.bar_seconds * rate_hz
    frames = math.ceil(bar * _count_bars(whole.shape[1] / bar) / frame_samples)
    length = min(whole.shape[1], frames * frame_samples)
    sound = Sound(samples=whole[:, -length:], sample_rate_hz=rate_hz)
    end = heard.end.seconds
    return sound, rhythm.within(end - length / rate_hz, end) or rhythm


def _count_bars(available: float) -> int:
    """Return how many bars repeat of so many: phrases have eight, four or two."""
    return max(count for count in _PHRASES if count <= max(1.0, available + _ALMOST))


def overlap_frames(
    heard: AudioPrompt, notation: Notation | None, frame_samples: int, *, has_codes: bool
) -> int:
    """Return how many frames before the joint a new part over held harmony starts.

    That is one beat of the new part, over which old and new are crossfaded; 0 if no beat is known
    or can be told.
    """
    if heard.beat_seconds is None:
        return 0
    frame_seconds = frame_samples / heard.end.sample_rate_hz
    beat = heard.beat_seconds / frame_seconds
    if not has_codes:
        if notation is None or heard.rhythm is None:
            return 0
        if count_beats(heard.rhythm, frame_seconds, notation.clock) is None:
            return 0
        beat *= tempo_factor(heard, notation, frame_samples)
    return min(round(beat), heard.end.samples.shape[1] // frame_samples // 2)


def tempo_factor(heard: AudioPrompt, notation: Notation | None, frame_samples: int) -> float:
    """Return how much faster a new part over a recording's beat is to be played.

    Beats that the clock counts are whole frames long, and up to 4.5 % off what is heard.
    """
    if notation is None or heard.rhythm is None:
        return 1.0
    frame_seconds = frame_samples / heard.end.sample_rate_hz
    count = count_beats(heard.rhythm, frame_seconds, notation.clock)
    if count is None:
        return 1.0
    factor = count.beat_frames / count.heard_frames
    return factor if abs(factor - 1) > _LEAST_STRETCH else 1.0


def join_over_overlap(
    heard: AudioPrompt, made: Sound, overlap_samples: int, *, factor: float = 1.0
) -> Sound:
    """Return the kept bars, crossfaded within their last beat into the new part.

    The new part is played faster by `factor` first, and overlaps by so many of its samples.
    """
    if factor != 1:
        made = stretch(made, time_factor=factor, semitones=0)
        overlap_samples = round(overlap_samples / factor)
    # Without a known beat there is no overlap: the old part is faded out.
    old = heard.end if overlap_samples else fade(heard.end)
    before = replace(old, samples=old.samples[:, : old.samples.shape[1] - overlap_samples])
    beat_seconds = heard.beat_seconds if overlap_samples else 0.0
    return join_new_part(old, prepend(before, made), beat_seconds)


def repeat_codes(tokens: Tokens, period: int, lead: int, frames: int) -> Tokens:
    """Return codes for that many frames, repeating the last `period` of a sound.

    They start `lead` frames before its end.
    """
    loop = tokens[:, -period:]
    # If the first bar starts with the sound, the frames before it are missing.
    loop = np.pad(loop, ((0, 0), (period - loop.shape[1], 0)), mode="edge")
    return np.ascontiguousarray(loop[:, (np.arange(frames) - lead) % period])
