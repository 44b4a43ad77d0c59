"""The sounds that clips are made from, when they are gone by the time the clip is made."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from bot.audio.analysis.rhythm import Rhythm, find_rhythm
from bot.audio.files.masters import write_master
from bot.audio.held_harmony import join_over_overlap
from bot.audio.notation import load_notation
from bot.audio.prompt import AudioPrompt
from bot.domain.generation import Codes, Sound
from bot.domain.jobs import ClipSource, Keep, Kind, UploadSource
from bot.errors import JobError
from bot.models.registry import starter_folder
from bot.pipeline.source_sounds import Joined, SourceSounds
from bot.store.store import open_store
from tests.support.known_sounds import drums, sound_of
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
        assert await sources.join(Kind.REMIX, source, MADE, info(1)) == Joined(MADE, None)
        whole = ClipSource(clip_id=4, keep_seconds=1.0, whole=True)
        with pytest.raises(JobError, match="was deleted"):
            await sources.join(Kind.CONTINUE, whole, MADE, info(1))


def harmonic(seconds):
    """A tone of four seconds after four others, as a remix hears it."""
    times = np.arange(round(seconds * 32_000)) / 32_000
    wave = (0.3 * np.sin(2 * np.pi * 220 * times)).astype(np.float32)[None]
    return Sound(samples=wave, sample_rate_hz=32_000)


@pytest.mark.parametrize("lead", [25, 0])
def test_a_part_without_audio_prompt_overlaps_the_last_beat(lead):
    """Where tempo and harmony stay; else it begins where the old ends. Nothing clicks."""
    half = harmonic(4.0)
    heard = AudioPrompt(before=harmonic(0.0), end=half, beat_seconds=0.5)
    joined = join_over_overlap(heard, half, lead * 640)
    assert joined.samples.shape[1] == 8 * 32_000 - lead * 640
    loudest = np.abs(np.diff(half.samples[0])).max()
    assert np.abs(np.diff(joined.samples[0])).max() < 1.5 * loudest


CODES = Codes(tokens=np.zeros((8, 200), np.int32), fingerprint="5a")
KNOWN = CODES, CODES
RHYTHM = Rhythm(
    bpm=120, confidence=1, beats=(0.5, 1.0), downbeats=(), beats_per_bar=4, is_even=True
)


@pytest.mark.parametrize(
    ("known", "options", "rhythm", "lead"),
    [
        (KNOWN, {}, None, 25),
        (KNOWN, {"keep_harmony": False}, None, 0),
        (KNOWN, {"include": False}, None, 0),  # there is nothing to overlap with
        (None, {}, RHYTHM, 26),  # the clock counts no beat of 25 frames
        (None, {}, None, 0),  # no beat is written for the new part
        (None, {}, replace(RHYTHM, bpm=230), 25),  # every second beat is counted
    ],
)
async def test_a_new_part_starts_a_beat_early_where_it_keeps_the_beat(
    tmp_path, known, options, rhythm, lead
):
    """A clip's codes tell it, or the rhythm that is heard in a recording."""
    heard = AudioPrompt(before=harmonic(0.0), end=harmonic(4.0), beat_seconds=0.5, rhythm=rhythm)
    source = ClipSource(clip_id=4, keep_seconds=4.0, keep=Keep.END, keep_harmony=True)
    source = replace(source, **options)
    model = replace(info(1), frame_samples=640)
    async with open_store(tmp_path, time.time) as store:
        sources = SourceSounds(store, load_notation(starter_folder()))
        assert sources.overlap_frames(source, heard, model, known) == lead
        if known is None:
            assert SourceSounds(store).overlap_frames(source, heard, model, known) == 0


@pytest.mark.parametrize(
    ("kind", "known", "has_stems", "has_notation", "expected"),
    [
        (Kind.REMIX, KNOWN, True, True, True),
        (Kind.REMIX, KNOWN, True, False, True),
        (Kind.REMIX, None, True, True, True),
        (Kind.REMIX, None, True, False, False),  # no beat could be told
        (Kind.REMIX, None, False, False, False),
        (Kind.JAM_TURN, KNOWN, True, True, True),
        (Kind.JAM_TURN, None, True, True, False),  # its bars have to be those of the track
    ],
)
async def test_remixes_are_made_without_an_audio_prompt(
    tmp_path, kind, known, has_stems, has_notation, expected
):
    """By models with stems, of what keeps its start or end; others go on from what they hear."""
    model = replace(info(1), stems=("drums", "bass") if has_stems else ())
    upload = UploadSource(file="a.flac", keep_seconds=4.0, keep=Keep.END)
    notation = load_notation(starter_folder()) if has_notation else None
    async with open_store(tmp_path, time.time) as store:
        sources = SourceSounds(store, notation)
        for keep, wanted in ((Keep.END, expected), (Keep.START, expected), (None, False)):
            source = replace(upload, keep=keep)
            assert sources.is_without_audio_prompt(kind, source, model, known) is wanted
        stems = replace(upload, keep_stems=("drums",))
        assert not sources.is_without_audio_prompt(kind, stems, model, known)


@pytest.mark.parametrize("keep", [Keep.END, Keep.START])
async def test_a_recording_s_new_part_follows_its_bars(tmp_path, keep):
    """What was made over the last beat is crossfaded with it; the new sound is as long as asked."""
    model = replace(info(1), stems=("drums", "bass"), frame_samples=640)
    async with open_store(tmp_path, time.time) as store:
        write_master(store.uploads_folder / "a.flac", sound_of(drums(125, 20.0)))
        source = UploadSource(file="a.flac", keep_seconds=4.0, keep=keep, keep_harmony=True)
        sources = SourceSounds(store, load_notation(starter_folder()))
        heard = await sources.load_prompt(source, model)
        kept, lead = heard.end.samples.shape[1], 24 * 640
        assert 3.0 < kept / 32_000 < 5.0
        made = harmonic(5.0)
        joined = await sources.join(Kind.REMIX, source, made, model)
        samples = joined.sound.samples
        assert samples.shape[1] == kept - lead + 5 * 32_000
        assert not joined.is_coded  # what stays has no codes
        untouched = kept - lead
        assert np.array_equal(samples[:, :untouched], heard.end.samples[:, :untouched])


@pytest.mark.parametrize("include", [True, False])
async def test_a_new_part_is_brought_to_the_tempo_of_its_recording(tmp_path, include):
    """120 BPM, of which the clock counts no beat; alone it stays as it was generated."""
    model = replace(info(1), stems=("drums", "bass"), frame_samples=640)
    async with open_store(tmp_path, time.time) as store:
        write_master(store.uploads_folder / "a.flac", sound_of(drums(120, 20.0)))
        source = UploadSource(
            file="a.flac", keep_seconds=4.0, keep=Keep.END, keep_harmony=True, include=include
        )
        sources = SourceSounds(store, load_notation(starter_folder()))
        heard = await sources.load_prompt(source, model)
        factor = sources.tempo_factor(source, heard, model, None)
        lead = sources.overlap_frames(source, heard, model, None)
        if not include:
            assert (factor, lead) == (1.0, 0)
            return
        assert lead in (24, 26)
        assert factor == pytest.approx(lead / 25, rel=5e-3)
        made = sound_of(drums(120 / factor, 6.0))
        joined = await sources.join(Kind.REMIX, source, made, model)
        rhythm = find_rhythm(joined.sound)
        assert rhythm is not None and rhythm.is_even
        assert rhythm.bpm == pytest.approx(120, rel=5e-3)
