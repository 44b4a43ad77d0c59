"""What the engine is asked for: a recording's beat and chords, and what a prompt leaves out."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from bot.audio.files.masters import write_master
from bot.audio.notation import load_notation
from bot.domain.jobs import Keep, Kind, UploadSource
from bot.models.registry import starter_folder
from bot.pipeline.engine_requests import build_request
from bot.pipeline.source_sounds import SourceSounds
from bot.pipeline.turn_bars import TurnBars
from bot.store.store import open_store
from tests.support.known_sounds import drums, sound_of
from tests.support.scripted_worker import info
from tests.support.stored_jobs import accepted


@pytest.mark.parametrize("has_stems", [True, False])
async def test_the_beat_of_a_recording_is_told_to_a_model_with_a_clock(tmp_path, has_stems):
    """Ten seconds of drums go on in their own tempo; a model without stems has no clock."""
    stems = ("drums", "bass", "chords", "lead") if has_stems else ()
    model = replace(info(1), stems=stems, frame_samples=640)
    async with open_store(tmp_path, time.time) as store:
        write_master(store.uploads_folder / "drums.flac", sound_of(drums(125, 10.0)))
        source = UploadSource(file="drums.flac", keep_seconds=10.0)
        job = await accepted(store, kind=Kind.CONTINUE, source=source)
        notation = load_notation(starter_folder())
        sources = SourceSounds(store, notation)
        turns = TurnBars(store, sources, notation)
        request = await build_request(job, model, sources, turns)
        assert request.audio is not None and request.audio_tokens is None
        if not has_stems:
            assert request.audio_guides is None
            return
        assert request.audio_guides.shape == (2, 500)
        assert len(np.unique(request.audio_guides[0])) == 24  # frames of a beat
        unguided = await build_request(job, model, SourceSounds(store), turns)
        assert unguided.audio_guides is None


@pytest.mark.parametrize("keeps_harmony", [True, False])
async def test_a_recording_is_remixed_afresh_over_its_beat(tmp_path, keeps_harmony):
    """An audio prompt would impose its style, and words about a tempo that is held anyway do, too.

    Another tempo or key is asked for by words alone.
    """
    model = replace(info(1), stems=("drums", "bass", "chords", "lead"), frame_samples=640)
    async with open_store(tmp_path, time.time) as store:
        write_master(store.uploads_folder / "drums.flac", sound_of(drums(125, 10.0)))
        source = UploadSource(
            file="drums.flac", keep_seconds=5.0, keep=Keep.END, keep_harmony=keeps_harmony
        )
        prompt = "jazz, 125 BPM"
        job = await accepted(store, kind=Kind.REMIX, prompt=prompt, source=source, seconds=6.0)
        sources = SourceSounds(store, load_notation(starter_folder()))
        request = await build_request(job, model, sources, TurnBars(store, sources, None))
        assert (request.audio, request.audio_guides) == (None, None)
        if not keeps_harmony:
            assert (request.prompt, request.kept) == (prompt, None)
            return
        assert request.prompt == "jazz"
        assert request.kept.harmony_only
        clock = request.kept.tokens[0]
        assert clock.shape == (300,)
        assert (clock[24:] == clock[:-24]).all() and len(np.unique(clock)) == 24


async def test_more_is_generated_of_what_is_then_played_faster(tmp_path):
    """A recording of 120 BPM: the clock counts no beat of 25 frames, but the length is as asked."""
    model = replace(info(1), stems=("drums", "bass", "chords", "lead"), frame_samples=640)
    async with open_store(tmp_path, time.time) as store:
        write_master(store.uploads_folder / "drums.flac", sound_of(drums(120, 10.0)))
        source = UploadSource(file="drums.flac", keep_seconds=5.0, keep=Keep.END, keep_harmony=True)
        job = await accepted(store, kind=Kind.REMIX, prompt="jazz", source=source, seconds=6.0)
        sources = SourceSounds(store, load_notation(starter_folder()))
        turns = TurnBars(store, sources, None)
        request = await build_request(job, model, sources, turns)
        beat = len(np.unique(request.kept.tokens[0]))
        assert beat in (24, 26)
        assert request.seconds == pytest.approx(6.0 * beat / 25, rel=5e-3)
        shorter = await build_request(job, replace(model, max_seconds=5.0), sources, turns)
        assert shorter.seconds == 5.0


@pytest.mark.parametrize(
    ("prompt", "muted"), [("folk, no drums", ("drums",)), ("folk with drums", ()), (None, ())]
)
async def test_a_clip_without_drums_has_none_for_certain(tmp_path, prompt, muted):
    """A model with stems leaves the stem out; one without is asked by its words alone."""
    stems = ("drums", "bass", "chords", "lead")
    async with open_store(tmp_path, time.time) as store:
        job = await accepted(store, kind=Kind.MUSIC, prompt=prompt)
        sources = SourceSounds(store)
        turns = TurnBars(store, sources, None)
        for model, wanted in ((replace(info(1), stems=stems), muted), (info(1), ())):
            request = await build_request(job, model, sources, turns)
            assert (request.prompt, request.muted) == (prompt, wanted)
