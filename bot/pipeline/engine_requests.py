"""Build the engine's request for a job."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.audio.notation import Notation
from bot.audio.written_guides import find_guides
from bot.domain.generation import GenerationRequest, Kept
from bot.domain.jobs import Job, Keep, Kind
from bot.domain.status import ModelInfo
from bot.errors import JobError
from bot.i18n.sentence import Sentence
from bot.inference.pending_job import UnrelatedWorkerLoss
from bot.pipeline.clip_codes import load_codes_at, repeat_codes
from bot.pipeline.source_sounds import SourceSounds, is_without_audio_prompt, overlap_frames
from bot.pipeline.turn_bars import TurnBars
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
    notation: Notation | None,
) -> GenerationRequest:
    """Return the request for a job, with its audio prompt or codes.

    `notation` is that of the model's codes, if it has one. Raises JobError and SoundError with the
    sentence to show, and UnrelatedWorkerLoss if the model was unloaded meanwhile.
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
    if known is not None and is_without_audio_prompt(order.source):
        if not order.source.keep_harmony:
            return request
        frame_rate = model.sample_rate_hz / model.frame_samples
        lead, seconds = overlap_frames(order.source, heard, model), request.seconds
        if plan is not None:
            lead_seconds = lead / frame_rate
            seconds = plan.seconds_to_make(order, model, lead_seconds=lead_seconds)
        assert seconds is not None
        held = repeat_codes(
            known[1],
            None if heard.beat_seconds is None else heard.beat_seconds * frame_rate,
            lead,
            round(seconds * frame_rate),
        )
        kept = Kept(tokens=held, stems=(), harmony_only=True)
        return replace(request, seconds=seconds, kept=kept)
    if known is not None:
        return replace(request, audio=heard.end, audio_tokens=known[1].tokens)
    guides = None
    if notation is not None and model.stems:
        guides = await asyncio.to_thread(
            find_guides, heard.end, model.frame_samples, notation, order.prompt
        )
    return replace(request, audio=heard.end, audio_guides=guides)
