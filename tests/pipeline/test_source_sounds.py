"""The sounds that clips are made from, when they are gone by the time the clip is made."""

from __future__ import annotations

import time

import numpy as np
import pytest

from bot.audio.prompt import AudioPrompt
from bot.domain.generation import Sound
from bot.domain.jobs import ClipSource, Keep, UploadSource
from bot.errors import JobError
from bot.pipeline.source_sounds import SourceSounds, join_without_audio_prompt, overlap_frames
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
async def test_clips_of_deleted_sources_are_kept(tmp_path, source):
    """It holds what the model heard of it; only all that came before that is missing."""
    async with open_store(tmp_path, time.time) as store:
        sources = SourceSounds(store)
        assert await sources.join(source, MADE, info(1)) == (MADE, None)
        whole = ClipSource(clip_id=4, keep_seconds=1.0, whole=True)
        with pytest.raises(JobError, match="was deleted"):
            await sources.join(whole, MADE, info(1))


@pytest.mark.parametrize(("keep_harmony", "lead"), [(True, 25), (False, 0)])
def test_a_part_without_audio_prompt_overlaps_the_last_beat(keep_harmony, lead):
    """Where tempo and harmony stay; else it begins where the old ends. Nothing clicks."""
    times = np.arange(8 * 32_000) / 32_000
    wave = (0.3 * np.sin(2 * np.pi * 220 * times)).astype(np.float32)[None]
    half = Sound(samples=wave[:, : 4 * 32_000], sample_rate_hz=32_000)
    nothing = Sound(samples=wave[:, :0], sample_rate_hz=32_000)
    heard = AudioPrompt(before=nothing, end=half, beat_seconds=0.5)
    source = ClipSource(clip_id=4, keep_seconds=4.0, keep=Keep.END, keep_harmony=keep_harmony)
    assert overlap_frames(source, heard, info(1)) == lead
    joined = join_without_audio_prompt(source, heard, half, info(1))
    assert joined.samples.shape[1] == 8 * 32_000 - lead * 640
    assert np.abs(np.diff(joined.samples[0])).max() < 1.5 * np.abs(np.diff(wave[0])).max()
    alone = ClipSource(clip_id=4, keep_seconds=4.0, include=False, keep=Keep.END, keep_harmony=True)
    assert overlap_frames(alone, heard, info(1)) == 0
