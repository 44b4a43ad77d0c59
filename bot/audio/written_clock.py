"""Write the beat that is heard in a sound as codes of a model's clock.

An encoder finds in a recording what sounds, but the clock is silent: without it, such a model goes
on in any tempo.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis.expected_tempo import expected_tempo
from bot.audio.analysis.rhythm import Rhythm, find_rhythm
from bot.audio.notation import Clock, Notation
from bot.domain.generation import Sound, Tokens

_HEARD_SECONDS = 30.0
_MOST_OFF = 0.045


def find_clock(
    sound: Sound, frame_samples: int, notation: Notation, prompt: str | None
) -> Tokens | None:
    """Return what the codebooks that are no stem say of a sound, [codebooks, frames].

    That is the clock alone: the harmony stays unknown. None for a sound without a steady beat, or
    with one that the clock can't count. The end's beats are counted, for there it goes on. Among
    tempi that fit, the prompt decides.
    """
    length = sound.samples.shape[1]
    first = max(0, length - round(_HEARD_SECONDS * sound.sample_rate_hz))
    heard = replace(sound, samples=sound.samples[:, first:])
    rhythm = find_rhythm(heard, expected_tempo(prompt))
    if rhythm is None:
        return None
    frame_seconds = frame_samples / sound.sample_rate_hz
    row = write_clock(
        replace(rhythm, beats=tuple(first / sound.sample_rate_hz + each for each in rhythm.beats)),
        frame_seconds,
        -(-length // frame_samples),
        notation.clock,
    )
    if row is None:
        return None
    guides = sorted((notation.clock.book, notation.plan.book))
    codes = np.zeros((len(guides), len(row)), np.int32)
    codes[guides.index(notation.clock.book)] = row
    return codes


def write_clock(
    rhythm: Rhythm, frame_seconds: float, frames: int, clock: Clock
) -> NDArray[np.int32] | None:
    """Return the clock's codes of that many frames; None if it counts no beat of that length.

    A beat that is half or twice as long as any that it counts is counted as two, or as half of one.
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
    anchor = round(rhythm.beats[-1] / frame_seconds)
    places = (np.arange(frames) - anchor) % beat
    return (1 + before + places).astype(np.int32)
