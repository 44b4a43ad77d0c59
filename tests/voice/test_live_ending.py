"""Live music that ends blends into a clip on the beat, or by a plain crossfade without one."""

from __future__ import annotations

import asyncio
from functools import cache

import numpy as np
import pytest

from bot.domain.generation import Sound
from bot.voice.live_buffer import LiveBuffer
from bot.voice.live_ending import end_on_the_beat
from bot.voice.mixer import Mixer
from bot.voice.playable import PlayedTrack
from bot.voice.radio import Radio
from tests.support.heard_sound import RATE_HZ, levels
from tests.voice.test_blend import LOOP_SECONDS, loop
from tests.voice.test_mixer import mixed, track

BPM, OTHER_BPM = 118, 121
PLAYED_SECONDS = 11.0


@cache
def music():
    return loop(BPM, 0, first=0.0).frames


@cache
def the_clip():
    return loop(OTHER_BPM, 7, first=0.2)


def tone():
    return track(1, 440, LOOP_SECONDS)


async def ended(mixer, samples):
    """Play live music in a mixer for 11 s, and then end it."""
    sound = LiveBuffer()
    rows = samples.astype(np.float32) / 32768
    await sound.push(Sound(samples=rows[:RATE_HZ].T, sample_rate_hz=RATE_HZ))
    mixer.play_next(sound, at_once=True)
    heard = [mixed(mixer, 0.5)]
    for at in range(RATE_HZ, len(rows), RATE_HZ):
        piece = rows[at : at + RATE_HZ]
        await sound.push(Sound(samples=piece.T, sample_rate_hz=RATE_HZ))
        if at < PLAYED_SECONDS * RATE_HZ:
            heard.append(mixed(mixer, 1.0))
    sound.close()
    return sound, np.concatenate(heard)


async def test_live_music_blends_into_a_clip_on_the_beat():
    """It is unchanged before the fade, and the bars of both are aligned in it."""
    frames, clip = music(), the_clip()
    plain, mixer = Mixer(), Mixer()
    _, before = await ended(plain, frames)
    without = np.concatenate([before, mixed(plain, 5.0)])
    sound, before = await ended(mixer, frames)
    assert await end_on_the_beat(mixer, sound, clip)
    assert mixer.now.track.clip_id is None, "it is no clip"
    parts = [before]
    while not (isinstance(mixer.now, PlayedTrack) and mixer.now.track is clip):
        parts.append(mixer.take_frame())
    # Where the clip began to be heard, and at which of its samples.
    leave = sum(map(len, parts)) - (mixer.now.place - round(0.2 * RATE_HZ))
    bars = leave / RATE_HZ / (240 / BPM)
    assert abs(bars - round(bars)) * 240 / BPM < 0.02
    with_it = np.concatenate(parts)[:leave]
    assert np.abs(with_it - without[:leave]).max() < 1e-4
    after = mixed(mixer, 8.0)
    assert levels(after, 0.5).min() > 0.05


@pytest.mark.parametrize("why", ["no beat", "nearly over", "not heard", "not wanted"])
async def test_without_a_beat_the_mixer_is_unchanged(why):
    """Live music plays to its end, and the clip follows.

    So too if another clip is wanted by the time that the transition is rendered.
    """
    mixer, clip = Mixer(), the_clip()
    sound, _ = await ended(mixer, music() if why != "no beat" else tone().frames)
    if why == "nearly over":
        mixed(mixer, 4.0)
    elif why == "not heard":
        mixer.skip()
    playing = mixer.now
    is_wanted = why != "not wanted"
    assert not await end_on_the_beat(mixer, sound, clip, is_wanted=lambda: is_wanted)
    assert mixer.now is playing


async def test_another_source_follows_live_music_on_the_beat():
    """If another source is chosen while live music plays."""
    clip, played, channel = the_clip(), [], object()

    async def choose():
        return clip

    async def tell(playing):
        played.append(playing)

    radio = Radio(channel, choose=choose, tell=tell)  # type: ignore[arg-type]
    await ended(radio.mixer, music())
    await asyncio.wait_for(radio.change(), 60)
    assert radio.mixer.now.track.clip_id is None
    assert radio.mixer.next.track is clip
