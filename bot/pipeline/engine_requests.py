"""Build the engine's request for a job."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np

from bot.audio.held_harmony import hold_harmony
from bot.audio.written_guides import find_guides
from bot.domain.generation import GenerationRequest, Kept
from bot.domain.jobs import Job, Keep, Kind
from bot.domain.status import ModelInfo
from bot.errors import JobError
from bot.i18n.sentence import Sentence
from bot.inference.pending_job import UnrelatedWorkerLoss
from bot.pipeline.clip_codes import load_codes_at
from bot.pipeline.source_sounds import SourceSounds
from bot.pipeline.turn_bars import TurnBars
from bot.words.held_words import without_tempo_and_key
from bot.words.muted_stems import muted_stems

NO_MELODY = Sentence(
    "The model here can't follow a tune; facebook/musicgen-melody can. Keep the end or the start "
    "instead."
)


async def build_request(
    job: Job,
    model: ModelInfo | None,
    sources: SourceSounds,
    turns: TurnBars,
) -> GenerationRequest:
    """Return the request for a job, with its audio prompt or codes.

    Raises JobError and SoundError with the sentence to show, and UnrelatedWorkerLoss if the model
    was unloaded meanwhile.
    """
    order = job.order
    plan = await turns.plan(job) if order.kind is Kind.JAM_TURN else None
    request = GenerationRequest(
        seconds=order.seconds if plan is None else plan.seconds_to_make(order, model),
        seed=order.seed,
        prompt=order.prompt,
        sampling=order.sampling,
    )
    if order.source is None:
        stems = () if model is None else model.stems
        return replace(request, muted=muted_stems(order.prompt, stems, ()))
    if model is None:
        raise UnrelatedWorkerLoss("the model that the prompt was to be loaded for is gone")
    if order.source.keep is Keep.TUNE and not model.takes_melody:
        raise JobError(NO_MELODY)
    if order.source.keep is Keep.TUNE:
        return replace(request, melody=await sources.load_tune(order.source, model))
    if order.source.keep is not None or order.source.keep_stems:
        muted = muted_stems(order.prompt, model.stems, order.source.keep_stems)
        request = replace(request, muted=muted)
    if order.source.keep_stems:
        codes = await load_codes_at(await sources.path(order.source), model)
        kept = Kept(tokens=codes.tokens, stems=order.source.keep_stems)
        return replace(request, kept=kept)
    heard = await sources.load_prompt(order.source, model)
    known = await sources.load_known_codes(order.source, heard, model)
    if sources.is_without_audio_prompt(order.kind, order.source, model, known):
        if not order.source.keep_harmony:
            return request
        frame_seconds = model.frame_samples / model.sample_rate_hz
        lead = sources.overlap_frames(order.source, heard, model, known)
        faster = sources.tempo_factor(order.source, heard, model, known)
        seconds = min(order.seconds * faster, model.max_seconds)
        if plan is not None:
            seconds = plan.seconds_to_make(order, model, lead_seconds=lead * frame_seconds)
        held = await asyncio.to_thread(
            hold_harmony,
            heard,
            None if known is None else np.concatenate([each.tokens for each in known], axis=1),
            sources.notation,
            frame_samples=model.frame_samples,
            lead=lead,
            frames=round(seconds / frame_seconds),
        )
        prompt = order.prompt
        if held is not None and prompt is not None:
            prompt = without_tempo_and_key(prompt)
        return replace(request, prompt=prompt, seconds=seconds, kept=held)
    if known is not None:
        return replace(request, audio=heard.end, audio_tokens=known[1].tokens)
    guides = None
    if sources.notation is not None and model.stems:
        guides = await asyncio.to_thread(
            find_guides, heard.end, model.frame_samples, sources.notation, order.prompt
        )
    return replace(request, audio=heard.end, audio_guides=guides)
