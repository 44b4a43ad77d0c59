"""Signals from the player's thread to the bot's event loop."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

from bot.domain.generation import Sound
from bot.voice.live_buffer import MOST_SECONDS, LiveBuffer
from bot.voice.thread_signals import set_from_thread


def in_thread(do):
    """Run a function in a new thread; return what it raised, if anything."""
    raised = []

    def run():
        try:
            do()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return raised


def test_a_signal_reaches_a_running_loop_and_ignores_a_closed_one():
    """Waiting tasks continue; a thread that outlives its loop raises nothing."""

    async def wait():
        events = asyncio.Event(), asyncio.Event()
        assert in_thread(lambda: set_from_thread(loop, *events)) == []
        await asyncio.wait_for(asyncio.gather(*(each.wait() for each in events)), 60)
        return asyncio.Event()

    loop = asyncio.new_event_loop()
    try:
        event = loop.run_until_complete(wait())
    finally:
        loop.close()
    assert in_thread(lambda: set_from_thread(loop, event)) == []
    assert not event.is_set()


def test_other_loop_errors_are_raised():
    """Only a closed loop is expected."""

    class Broken:
        def call_soon_threadsafe(self, *_):
            raise RuntimeError("something else")

        def is_closed(self):
            return False

    with pytest.raises(RuntimeError, match="something else"):
        set_from_thread(Broken(), asyncio.Event())  # type: ignore[arg-type]


def test_live_music_plays_out_after_the_loop_closed():
    """The buffer can be read although the task that filled it is gone."""

    async def fill():
        sound = LiveBuffer()
        piece = Sound(samples=np.full((1, 32_000), 0.1, np.float32), sample_rate_hz=32_000)
        while sound.buffered_seconds < MOST_SECONDS:
            await sound.push(piece)
        waiting = asyncio.create_task(sound.push(piece))
        await asyncio.sleep(0)
        while not waiting.done() and sound._room.is_set():
            await asyncio.sleep(0)
        waiting.cancel()
        return sound

    sound = asyncio.run(fill())
    assert in_thread(lambda: sound.take(48_000)) == []
    assert sound.buffered_seconds < MOST_SECONDS
