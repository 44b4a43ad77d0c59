"""Live music from real worker processes: a killed worker, and prompt changes with few slots."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import sqlite3
from contextlib import asynccontextmanager, closing

import pytest

from bot.app.services.live_music import LiveBudget, LiveMusicService
from bot.config import Config, EngineConfig, RadioConfig, WorkerConfig
from bot.errors import Refused, RequestError
from bot.inference.executor import Executor
from bot.inference.pending_job import WorkerLost
from bot.store.database import FILE
from bot.store.store import open_store
from bot.voice.live_player import LivePlayer, LiveTimings
from bot.voice.mixer import Mixer
from bot.voice.playable import PlayedTrack
from tests.support.running_executor import configured, open_executor, until
from tests.support.stored_jobs import Clock
from tests.support.worker_thread import ThreadBackend
from tests.voice.test_mixer import mixed, track

QUICK = LiveTimings(look_seconds=0.01, pauses_seconds=(0.01,))
WORDS = (("techno", 1.0),)


@pytest.fixture
async def store(tmp_path):
    async with open_store(tmp_path, Clock()) as open_executor:
        yield open_executor


@asynccontextmanager
async def playing(executor, store, config=None, words=WORDS):
    """Play live music with a clip ready, through a mixer that is read faster than real time."""
    live, mixer = LiveMusicService(executor, config or Config(), store.live_seconds), Mixer()
    music = []

    def begin(words):
        music.append(live.begin(1, words))
        return music[-1]

    player = LivePlayer(mixer, words, begin, QUICK)
    running = asyncio.create_task(player.run())

    async def hear(is_so):
        while not is_so():
            # Only what is buffered: the speed of generation is not under test.
            if mixer.now is not None and (mixer.now.left or not player.is_heard or ahead() > 1.0):
                mixed(mixer, 0.1)
            if mixer.wants_next:
                mixer.play_next(PlayedTrack(track(1, 880, 20)))
            await asyncio.sleep(0.005)

    def ahead():
        return music[-1].sound.buffered_seconds if music else 0.0

    try:
        yield player, music, hear
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_live_music_resumes_after_a_worker_kill(store):
    """A clip plays meanwhile, and then the next worker generates live music."""
    async with open_executor() as executor, playing(executor, store) as (player, music, hear):
        await until(lambda: player.is_heard)
        (pid,) = executor.worker_pids
        os.kill(pid, signal.SIGKILL)
        await hear(lambda: len(music) == 2)
        await hear(lambda: player.is_heard)
        assert executor.worker_pids != [pid]
        assert music[1].made_seconds > 0


async def test_an_end_is_noticed_without_a_subscriber(store):
    """A worker's death is detected even while the buffer is full and nobody reads it."""
    async with open_executor() as executor:
        music = LiveMusicService(executor, Config(), store.live_seconds).begin(1, WORDS)
        making = asyncio.create_task(music.run())
        await until(lambda: music.sound.buffered_seconds >= 6.0)
        os.kill(executor.worker_pids[0], signal.SIGKILL)
        with pytest.raises(WorkerLost):
            await making
        assert music.sound.left is not None


async def test_prompt_changes_work_with_one_job_per_user(store):
    """New music is generated beside the old, whatever the limit for people is."""
    config = configured(running_per_user=1)
    async with (
        open_executor(config, backend=ThreadBackend()) as executor,
        playing(executor, store, config) as (player, music, hear),
    ):
        await until(lambda: player.is_heard)
        player.words = (("harp", 1.0),)
        await hear(lambda: len(music) == 2 and player.is_heard and music[0].sound.left is not None)


@pytest.mark.parametrize(
    ("slots", "at_once", "sentence"), [(1, 1, "one clip at a time"), (8, 0, "switched off")]
)
async def test_orders_run_beside_live_music(store, slots, at_once, sentence):
    """If no slot would be left for orders, live music is refused with a sentence."""
    config = dataclasses.replace(
        Config(), engine=EngineConfig(slots=slots), radio=RadioConfig(live_at_once=at_once)
    )
    async with open_executor(config, backend=ThreadBackend()) as executor:
        with pytest.raises(RequestError, match=sentence):
            await LiveMusicService(executor, config, store.live_seconds).check(1)


async def test_live_music_has_a_daily_limit(tmp_path):
    """After it clips play, and the sentence says until when; the next day it is allowed again."""
    clock = Clock()
    limited = RadioConfig(daily_live_seconds_per_server=12.0)
    config = dataclasses.replace(Config(), radio=limited)
    async with (
        open_store(tmp_path, clock) as store,
        open_executor(config, backend=ThreadBackend()) as executor,
        playing(executor, store, config) as (player, music, hear),
    ):
        await until(lambda: player.is_heard)
        await hear(lambda: player.error is not None)
        assert "used up today's live music" in str(player.error)
        await hear(lambda: not player.is_heard)
        live = LiveMusicService(executor, config, store.live_seconds)
        with pytest.raises(Refused, match="live music"):
            await live.check(1)
        await live.check(2)
        assert 12.0 <= await store.live_seconds.used(1) <= 20.0
        clock.now += 86_400
        await hear(lambda: player.is_heard)
        assert music[0].made_seconds <= 20.0


async def test_joined_machines_generate_live_music(store):
    """A bot without local workers counts on their slots."""
    config = dataclasses.replace(Config(), worker=WorkerConfig(count=0, backend="ray"))
    await LiveMusicService(Executor(config), config, store.live_seconds).check(1)


def refuse_writes(folder, *, refuse):
    """Let SQLite refuse what is written to the counter of live music, or take it again."""
    statement = (
        "CREATE TRIGGER refused BEFORE INSERT ON live_seconds "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute(statement if refuse else "DROP TRIGGER refused")


@pytest.mark.parametrize("how", ["counter", "cancelled twice"])
async def test_live_music_that_ends_gives_its_slot_back(tmp_path, store, how):
    """Also if its seconds can't be written, or it is interrupted once more while it ends."""
    limited = RadioConfig(daily_live_seconds_per_server=3600.0)
    config = dataclasses.replace(Config(), radio=limited)
    async with open_executor(backend=ThreadBackend()) as executor:
        music = LiveMusicService(executor, config, store.live_seconds).begin(1, WORDS)
        making = asyncio.create_task(music.run())
        await until(lambda: music.sound.buffered_seconds >= 6.0)
        if how == "counter":
            refuse_writes(tmp_path, refuse=True)
        making.cancel()
        if how == "cancelled twice":
            await asyncio.sleep(0)
            making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making
        assert music.sound.left is not None
        await until(lambda: executor.running == 0)


async def test_seconds_that_could_not_be_counted_are_counted_later(tmp_path, store):
    """A disk that is full for a moment does not lengthen the day's live music."""
    budget = LiveBudget(store.live_seconds, 1, 3600.0)
    refuse_writes(tmp_path, refuse=True)
    with pytest.raises(sqlite3.IntegrityError):
        await budget.count(6.0)
    refuse_writes(tmp_path, refuse=False)
    await budget.save()
    assert await store.live_seconds.used(1) == 6.0
