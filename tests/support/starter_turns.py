"""Turns of a jam with the built-in model, without the queue, a worker and a message."""

from __future__ import annotations

from bot.audio.files.codes import pack_codes
from bot.audio.files.masters import write_master
from bot.audio.notation import load_notation
from bot.domain.generation import Codes
from bot.domain.jobs import ClipSource, Keep, Kind
from bot.domain.status import ModelInfo
from bot.inference.pending_job import Rendered
from bot.models import registry
from bot.musicgen.engine.engine import Engine
from bot.pipeline.engine_requests import build_request
from bot.pipeline.jam_turns import turn_words
from bot.pipeline.source_sounds import SourceSounds
from bot.pipeline.turn_bars import TurnBars
from tests.musicgen.test_engine import run
from tests.support.stored_jobs import accepted, new_clip

FINGERPRINT = "5a" * 8


def info_of(model):
    """Return what a worker would report of the loaded model."""
    return ModelInfo(
        name="starter", licence="", channels=1, sample_rate_hz=model.sample_rate_hz,
        sampling=model.sampling, slots=1, device="", load_seconds=0.0,
        stems=tuple(stem.name for stem in model.config.stems), fingerprint=FINGERPRINT,
        frame_samples=model.config.codec.hop,
    )  # fmt: skip


async def take_turn(store, loaded, jam, words, *, seed, keeps_codes=True):
    """Generate a turn as the bot does, and add it to the track; return the result."""
    notation = load_notation(registry.starter_folder())
    sources = SourceSounds(store, notation)
    turns, model = TurnBars(store, sources, notation), info_of(loaded)
    snapshot = await store.jams.snapshot(jam.id)
    source = None
    if snapshot.head is not None:
        source = ClipSource(
            clip_id=snapshot.head.id, keep_seconds=snapshot.turn_seconds, keep=Keep.END,
            keep_harmony=True, whole=True,
        )  # fmt: skip
    job = await accepted(
        store, key=f"turn {seed}", kind=Kind.JAM_TURN, jam_id=jam.id, seconds=jam.turn_seconds,
        seed=seed, prompt=turn_words(snapshot, words), source=source, sampling=model.sampling,
        parent_ids=() if snapshot.head is None else (snapshot.head.id,),
    )  # fmt: skip
    await store.jobs.start(job.id)
    (made,) = run(Engine(loaded), await build_request(job, model, sources, turns))
    codes = Codes(tokens=made.tokens, fingerprint=FINGERPRINT)
    rendered = Rendered(sound=made.sound, seconds_of_work=0.0, model=model, codes=codes)
    plan = await turns.plan(job)
    assert plan is not None
    turn = await turns.cut(job, plan, rendered)
    file = f"{job.id}.flac"
    kept = pack_codes(turn.codes) if keeps_codes and turn.codes is not None else None
    write_master(store.clips_folder / file, turn.sound, kept)
    new = new_clip(
        job, file=file, seconds=turn.sound.seconds, seconds_before=turn.seconds_before,
        grid=turn.grid,
    )  # fmt: skip
    clip = await store.jobs.record_clip(job.id, new)
    await store.jobs.begin_delivery(job.id)
    await store.clips.set_message(clip.id, 900 + job.id)
    await store.jobs.finish_delivery(job.id, 900 + job.id)
    return turn
