"""The sounds that clips are made from, when they are gone by the time the clip is made."""

from __future__ import annotations

import time

import numpy as np
import pytest

from bot.domain.generation import Sound
from bot.domain.jobs import ClipSource, Keep, UploadSource
from bot.errors import JobError
from bot.pipeline.source_sounds import SourceSounds
from bot.store.store import open_store
from tests.support.scripted_worker import info

MADE = Sound(samples=np.ones((1, 640), np.float32), sample_rate_hz=32_000)


@pytest.mark.parametrize(
    "source",
    [
        ClipSource(clip_id=4, keep_seconds=1.0, keep=Keep.END),
        ClipSource(clip_id=4, keep_seconds=1.0),
        UploadSource(file="gone.flac", keep_seconds=1.0, keep=Keep.START),
    ],
)
async def test_what_was_made_of_a_deleted_sound_is_not_lost(tmp_path, source):
    """It holds what the model heard of it; only all that came before that is missing."""
    async with open_store(tmp_path, time.time) as store:
        sources = SourceSounds(store)
        assert await sources.join(source, MADE, info(1)) == (MADE, None)
        whole = ClipSource(clip_id=4, keep_seconds=1.0, whole=True)
        with pytest.raises(JobError, match="was deleted"):
            await sources.join(whole, MADE, info(1))
