"""Uploaded files are decoded one after the other, for whatever purpose."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import psutil

from bot.audio.untrusted import ffmpeg_decoder
from bot.domain.generation import Sound
from bot.pipeline.uploads import UploadIntake
from bot.store.store import open_store


async def test_uploads_are_decoded_one_at_a_time(tmp_path):
    """However many people upload a file for its tags or its sound: the limits hold for one."""
    bot = psutil.Process()
    at_once = []

    class Renderer:
        async def read(self, data, *, keep_seconds):
            at_once.append(1 + readers())
            return Sound(samples=np.zeros((1, 3200), np.float32), sample_rate_hz=32_000)

    class Folder:
        uploads_folder = tmp_path

    def readers():
        return len({child.pid for child in bot.children()} - others)

    intake = UploadIntake(Folder(), Renderer(), None)  # type: ignore[arg-type] # all that it uses
    # This avoids starting a process for it.
    await asyncio.to_thread(ffmpeg_decoder.layers_here)
    # Processes that other tests have started and keep.
    others = {child.pid for child in bot.children()}
    reading = asyncio.gather(
        *(intake.read_tags(b"nothing") for _ in range(2)),
        intake.keep(b"sound", keep_seconds=1.0),
    )
    while not reading.done():
        at_once.append(readers())
        await asyncio.sleep(0.02)
    await reading
    assert max(at_once) == 1


async def test_an_upload_is_kept_while_its_takes_are_ordered(tmp_path):
    """The first take may end before the last is ordered; then the file is deleted."""
    async with open_store(tmp_path, time.time) as store:
        intake = UploadIntake(store, None, None)  # type: ignore[arg-type] # nothing is read here
        file = store.uploads_folder / "song.flac"
        file.touch()
        with intake.hold(file.name):
            with intake.hold(file.name):
                await intake.discard(file.name)
            await intake.discard(file.name)
            assert file.exists()
        await intake.discard(file.name)
        assert not file.exists()
