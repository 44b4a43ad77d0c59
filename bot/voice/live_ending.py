"""End live music with a beat-matched transition into a clip."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.audio.editing.mix import analyse_part
from bot.audio.files.opus_packets import RATE_HZ
from bot.audio.int16 import to_int16
from bot.audio.resample import fit
from bot.domain.generation import Sound
from bot.voice.blend_rendering import render_blend
from bot.voice.live_buffer import BufferWindow, LiveBuffer
from bot.voice.mixer import Mixer
from bot.voice.track import Track

_LEAST_SECONDS = 2.0
"""The least remaining sound for detecting its beat."""

_HEARD_HZ = 32_000
_READY_SAMPLES = round(0.5 * RATE_HZ)
"""The time needed to render a transition."""


async def end_on_the_beat(
    mixer: Mixer, sound: LiveBuffer, then: Track, *, is_wanted: Callable[[], bool] = lambda: True
) -> bool:
    """Let ended live music blend into a clip; return whether a beat was found.

    Otherwise, or if it comes too late or the clip is not wanted any more, nothing is changed.
    """
    if mixer.now is not sound or sound.buffered_seconds < _LEAST_SECONDS:
        return False
    around = sound.window()
    track = await asyncio.to_thread(_as_track, around)
    since = sound.taken_samples - around.begin + _READY_SAMPLES
    blend = await render_blend(track, then, since=since)
    if not blend.on_the_beat or not is_wanted():
        return False
    return mixer.become(sound, track, around.begin, blend, then)


def _as_track(around: BufferWindow) -> Track:
    sound = Sound(samples=around.samples.T, sample_rate_hz=RATE_HZ)
    # Mono at a lower rate: half the memory and time for the same beat.
    heard = fit(sound, sample_rate_hz=_HEARD_HZ, channels=1)
    return Track(
        clip_id=None, frames=to_int16(around.samples), part=analyse_part(heard, loops=False)
    )
