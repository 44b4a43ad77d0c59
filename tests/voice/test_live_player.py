"""Live music in a radio: its start, prompt changes, underruns and restarts."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from bot.domain.generation import Sound
from bot.domain.live_words import with_words
from bot.voice.live_buffer import MOST_SECONDS, LiveBuffer
from bot.voice.live_player import LivePlayer, LiveTimings
from bot.voice.mixer import Mixer
from bot.voice.playable import PlayedTrack
from tests.support.heard_sound import RATE_HZ, largest_step, levels, pitch
from tests.voice.test_mixer import mixed, track

QUICK = LiveTimings(look_seconds=0.005, pauses_seconds=(0.01,), rest_seconds=0.0)
PITCHES = {"techno": 440.0, "harp": 660.0}


class ToneMusic:
    """Music of one pitch, generated as fast as it is read, until it is stopped or fails."""

    def __init__(self, words):
        self.sound, self.words = LiveBuffer(), words
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.breaks = self.has_ended = False
        self.place = 0

    async def run(self):
        hz = PITCHES[self.words[-1][0]]
        try:
            while True:
                await self.may_go_on.wait()
                if self.breaks:
                    raise ConnectionError("the worker is gone")
                at = (self.place + np.arange(8000)) / 32_000
                self.place += 8000
                samples = (0.05 * np.sin(2 * np.pi * hz * at)).astype(np.float32)[None]
                await self.sound.push(Sound(samples=samples, sample_rate_hz=32_000))
        finally:
            self.sound.close()
            # As what writes to a database does, it takes more than one turn of the loop.
            await asyncio.to_thread(str)
            self.has_ended = True


class Stage:
    """A mixer and a live player."""

    def __init__(self):
        self.mixer, self.begun = Mixer(), []
        self.player = LivePlayer(self.mixer, (("techno", 1.0),), self.begin, QUICK)
        self.running = asyncio.create_task(self.player.run())

    def begin(self, words):
        self.begun.append(ToneMusic(words))
        return self.begun[-1]

    async def until(self, is_so):
        async with asyncio.timeout(60):
            while not is_so():
                await asyncio.sleep(0.005)

    async def hear(self, seconds):
        """Read the mixer, no faster than music is generated; return what is heard."""
        parts = []
        for _ in range(round(seconds * 10)):
            await asyncio.sleep(0.005)
            await self.until(lambda: not any(map(self.is_awaited, self.begun)))
            parts.append(mixed(self.mixer, 0.1))
        return np.concatenate(parts)

    def is_awaited(self, music):
        """Whether music that is heard has too little buffered, but is still generated."""
        is_made = music.may_go_on.is_set() and not music.breaks and music.sound.left is None
        return is_made and music.sound is self.mixer.now and music.sound.buffered_seconds < 1.0

    async def close(self):
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)


@pytest.fixture
async def stage():
    opened = Stage()
    yield opened
    await opened.close()


async def test_live_music_is_leveled_and_buffered(stage):
    """Quiet music gets the loudness of clips, and only a few seconds are buffered."""
    await stage.until(lambda: stage.player.is_heard)
    sound = await stage.hear(3.0)
    assert abs(pitch(sound[RATE_HZ:]) - 440) < 2
    assert levels(sound[RATE_HZ:]).mean() == pytest.approx(0.14, abs=0.03)
    assert largest_step(sound) < 0.03
    music = stage.begun[0]
    await stage.until(lambda: music.sound.buffered_seconds >= MOST_SECONDS)
    assert music.sound.buffered_seconds < MOST_SECONDS + 0.5
    assert music.sound.missing_samples == 0


async def test_a_prompt_change_is_heard_within_seconds_without_a_gap(stage):
    """New music starts with the new words, and the old music fades into it."""
    await stage.until(lambda: stage.player.is_heard)
    before = await stage.hear(1.0)
    stage.player.words = with_words(stage.player.words, "harp", 1.0)
    await stage.until(lambda: len(stage.begun) == 2)
    await stage.until(lambda: stage.mixer.now is stage.begun[1].sound)
    sound = np.concatenate([before, await stage.hear(4.0)])
    assert abs(pitch(sound[round(3.2 * RATE_HZ) :]) - 660) < 2
    assert levels(sound[4800:]).min() > 0.08
    assert stage.begun[0].sound.left is not None, "the old one is made no more"


async def test_frequent_prompt_changes_are_heard(stage):
    """Music that was started is heard before newer words replace it."""
    await stage.until(lambda: stage.player.is_heard)
    number = 0
    while len(stage.begun) < 3:
        number += 1
        stage.player.words = ((f"word {number}", 1.0), ("harp", 1.0))
        await stage.hear(0.1)
    assert stage.mixer.now is stage.begun[1].sound


async def test_no_generation_outlives_the_player(stage):
    """Neither what is playing, nor what has been replaced: when it returns, all have ended."""
    await stage.until(lambda: stage.player.is_heard)
    stage.player.words = with_words(stage.player.words, "harp", 1.0)
    await stage.until(lambda: len(stage.begun) == 2)
    await stage.until(lambda: stage.mixer.now is stage.begun[1].sound)
    await stage.close()
    assert [each.has_ended for each in stage.begun] == [True, True]


async def test_clips_play_during_underruns(stage):
    """A clip plays before there is a gap; live music returns when enough is buffered."""
    await stage.until(lambda: stage.player.is_heard)
    stage.mixer.play_next(PlayedTrack(track(1, 880, 60)))
    music = stage.begun[0]
    music.may_go_on.clear()
    sound = await stage.hear(8.0)
    assert abs(pitch(sound[-RATE_HZ:]) - 880) < 2
    assert levels(sound).min() > 0.08
    assert (stage.player.times_low, stage.player.is_heard) == (1, False)
    music.may_go_on.set()
    await stage.until(lambda: stage.player.is_heard)
    assert abs(pitch((await stage.hear(4.0))[-RATE_HZ:]) - 440) < 2


async def test_live_music_restarts_after_a_lost_worker(stage):
    """Clips play meanwhile."""
    await stage.until(lambda: stage.player.is_heard)
    stage.mixer.play_next(PlayedTrack(track(1, 880, 60)))
    stage.begun[0].breaks = True
    hearing = asyncio.create_task(stage.hear(9.0))
    await stage.until(lambda: len(stage.begun) == 2)
    await stage.until(lambda: stage.mixer.now is stage.begun[1].sound)
    assert levels(await hearing).min() > 0.08


def test_prompts_can_be_added_weighted_and_removed():
    """The oldest of more than three are dropped; one always remains."""
    words = with_words((), " lo-fi   beats ", 1.0)
    assert words == (("lo-fi beats", 1.0),)
    assert with_words(words, "Lo-Fi beats", 0.0) == words
    assert with_words(words, "LO-FI BEATS", 2.0) == (("LO-FI BEATS", 2.0),)
    for each in ("harp", "drums", "choir"):
        words = with_words(words, each, 1.0)
    assert [text for text, _ in words] == ["harp", "drums", "choir"]
    assert [text for text, _ in with_words(words, "drums", 0.0)] == ["harp", "choir"]


@pytest.mark.parametrize("more_samples", [0, 5, 500, 1000])
async def test_an_underrun_does_not_click_wherever_it_comes(more_samples):
    """Also with no or few samples left in the last frame; what is left is played afterwards."""
    sound = LiveBuffer()
    at = np.arange(RATE_HZ + more_samples)
    tone = (0.5 * np.cos(2 * np.pi * 440 * at / RATE_HZ)).astype(np.float32)
    await sound.push(Sound(samples=np.stack([tone, tone]), sample_rate_hz=RATE_HZ))
    heard = np.concatenate([sound.take(960) for _ in range(60)])
    assert not heard[len(tone) :].any()
    assert largest_step(heard) < 0.05
    sound.close()
    rest = sound.take(RATE_HZ)
    assert np.abs(rest[:1]).max() < 0.01
    assert sound.taken_samples == len(tone)


async def test_a_closed_buffer_takes_no_more():
    """Neither a piece that comes after, nor one that waits for room."""
    sound = LiveBuffer()
    piece = Sound(samples=np.full((2, RATE_HZ), 0.1, np.float32), sample_rate_hz=RATE_HZ)
    while sound.buffered_seconds < MOST_SECONDS:
        await sound.push(piece)
    waiting = asyncio.create_task(sound.push(piece))
    while sound._room.is_set():
        await asyncio.sleep(0)
    sound.close()
    await waiting
    await sound.push(piece)
    assert sound.left == MOST_SECONDS * RATE_HZ


async def test_without_clips_an_underrun_pauses_without_a_click():
    """It continues when a second is buffered, so that it does not stutter."""
    sound = LiveBuffer()
    tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(48_000) / RATE_HZ)

    async def make(seconds):
        for part in np.split(tone, 4)[: round(4 * seconds)]:
            samples = np.stack([part, part]).astype(np.float32)
            await sound.push(Sound(samples=samples, sample_rate_hz=RATE_HZ))

    def take(seconds):
        return np.concatenate([sound.take(960) for _ in range(round(50 * seconds))])

    await make(0.5)
    heard = take(0.61)
    assert largest_step(heard) < 0.05
    assert not heard[round(0.52 * RATE_HZ) :].any()
    await make(0.5)
    assert not take(0.2).any()
    await make(0.75)
    again = take(0.5)
    assert again.any(axis=1).mean() > 0.99
    assert largest_step(again) < 0.05
    assert sound.missing_samples > 0.25 * RATE_HZ
