"""Render the transition between two tracks: stretch the end, measure the correlation."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import math

import numpy as np

from bot.audio.editing.crossfade import likeness
from bot.audio.files.opus_packets import RATE_HZ
from bot.audio.int16 import from_int16, to_int16
from bot.audio.stretch_process import stretch_in_process
from bot.domain.generation import Sound
from bot.errors import JobError
from bot.voice.blend import Blend, plain_blend, plan_blend
from bot.voice.track import Frames, Track

log = logging.getLogger(__name__)

_AROUND = round(0.3 * RATE_HZ)
"""Context for the time stretching, before and after the wanted part."""
_SEAM = round(0.02 * RATE_HZ)


async def render_blend(first: Track, second: Track, *, since: int = 0) -> Blend:
    """Return a rendered transition between two tracks, not before a place in the first."""
    blend = plan_blend(first, second, since=since)
    if blend.time_factor != 1.0:
        try:
            blend = await _with_tail(blend)
        except JobError:
            return plain_blend(first, second)
    if blend.enter or blend.tail is not None:
        alike = await asyncio.to_thread(_likeness, blend, second)
        blend = dataclasses.replace(blend, likeness=alike)
    return blend


async def _with_tail(blend: Blend) -> Blend:
    """Return a transition with the first track's end stretched to the second's tempo."""
    frames, factor = blend.first.frames, blend.time_factor
    before = min(blend.leave, _AROUND)
    stop = blend.leave + math.ceil(blend.length * factor) + _AROUND
    part = from_int16(frames[blend.leave - before : stop].T)
    made = await stretch_in_process(Sound(samples=part, sample_rate_hz=RATE_HZ), factor)
    start = round(before / factor)
    tail = made.samples[:, start : start + blend.length].T
    missing = blend.length - len(tail)
    tail = np.pad(tail, ((0, missing), (0, 0)))
    # Crossfade from the original into the stretched sound.
    rises = np.linspace(0.0, 1.0, _SEAM, dtype=np.float32)[:, None]
    goes_on = from_int16(frames[blend.leave : blend.leave + _SEAM])
    seam = min(_SEAM, len(goes_on), len(tail))
    tail[:seam] = goes_on[:seam] * (1 - rises[:seam]) + tail[:seam] * rises[:seam]
    return dataclasses.replace(blend, tail=to_int16(tail))


def _likeness(blend: Blend, second: Track) -> float:
    """Return the correlation of the falling and the rising sound."""
    falls = blend.tail if blend.tail is not None else _cut(blend.first.frames, blend.leave, blend)
    rises = _cut(second.frames, blend.enter, blend)
    length = min(len(falls), len(rises))
    one, other = (from_int16(each[:length]) for each in (falls, rises))
    return likeness(one, other)


def _cut(frames: Frames, at: int, blend: Blend) -> Frames:
    return frames[at : at + blend.length]
