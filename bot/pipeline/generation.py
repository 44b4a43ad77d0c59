"""Generate the clip of a job, or cut or mix it from finished clips; store and record it."""

from __future__ import annotations

import asyncio
import logging

from bot import failpoints
from bot.audio.files.codes import pack_codes
from bot.audio.files.masters import read_master, write_master
from bot.audio.finish import FinishedClip, finish
from bot.audio.notation import Notation
from bot.audio.prompt import cut_new_part
from bot.audio.written_analysis import WrittenAnalysis
from bot.domain.bar_grid import BarGrid
from bot.domain.clips import Clip
from bot.domain.generation import Codes, GenerationRequest, Sound
from bot.domain.jobs import MADE_BY_BOT, ClipSource, Job, JobState, Keep, Kind, UploadSource
from bot.domain.mixes import Mixed, MixOrder
from bot.errors import JobError
from bot.inference.executor import Executor
from bot.inference.pending_job import Rendered, UnrelatedWorkerLoss, WorkerLost
from bot.pipeline.clip_codes import match_codes
from bot.pipeline.engine_requests import build_request
from bot.pipeline.failure_sentences import BLOCKED_MEANWHILE, WORKER_LOST
from bot.pipeline.jam_turns import mix_down
from bot.pipeline.mixes import Mixes
from bot.pipeline.notes import Notes
from bot.pipeline.source_sounds import SOURCE_DELETED, SourceSounds
from bot.pipeline.turn_bars import TurnBars, TurnPlan
from bot.store.new_clips import NewClip
from bot.store.store import Store

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 2
"""How many workers may crash with a job."""


class ClipGenerator:
    """Generates clips, each exactly once: a clip that is on disk is never generated again."""

    def __init__(self, store: Store, executor: Executor, notation: Notation | None = None) -> None:
        """Take what it works with; `notation` is the model's."""
        self.store, self.executor = store, executor
        self.sources = SourceSounds(store, notation)
        self.turns = TurnBars(store, self.sources, notation)
        self.notes = Notes(store, executor, notation)
        self.mixes = Mixes(store, self.notes)

    async def generate(self, job: Job, *, first: bool) -> Clip:
        """Return the job's clip: generated now, or by a previous run of the bot.

        `first` queues it before the waiting jobs. Raises Cancelled, JobError and SoundError with
        the sentence to show.
        """
        if job.state in (JobState.RENDERED, JobState.DELIVERING):
            clip = await self.store.clips.of_job(job.id)
            if clip is not None:
                return clip
        if job.order.mix is not None:
            async with self.mixes.turn:
                return await self._mix(job, job.order.mix)
        if job.order.kind is Kind.JAM_MIX:
            async with self.mixes.turn:
                return await self._mix_down(job)
        if job.order.kind in MADE_BY_BOT:
            return await self._cut_loop(job)
        # Any job running when a worker crashed is a suspect; it is retried in isolation.
        alone = job.attempts > 0
        while True:
            pending = self.executor.submit(
                job.id,
                job.order.origin.user_id,
                job.order.seconds,
                lambda: self._build_request(job),
                guild_id=job.order.origin.guild_id,
                front=first,
                alone=alone,
            )
            try:
                return await self._keep(job, await pending.result())
            except WorkerLost as lost:
                current = await self.store.jobs.get(job.id)
                # Only a worker that died while it had the job spends an attempt, and not one that
                # was stopped together with the bot.
                to_blame = not isinstance(lost, UnrelatedWorkerLoss) and not self.executor.paused
                if current is None or (to_blame and current.attempts + 1 >= MAX_ATTEMPTS):
                    raise JobError(WORKER_LOST) from lost
                log.warning("job.retried id=%d", job.id)
                if current.state is JobState.RUNNING:
                    await self.store.jobs.requeue(job.id, spend_attempt=to_blame)
                first, alone = True, alone or to_blame

    async def _build_request(self, job: Job) -> GenerationRequest:
        """Mark the job as running, and return its request for the engine."""
        await failpoints.reached("job.unclaimed")
        await self.store.jobs.start(job.id)
        await failpoints.reached("job.claimed")
        await self._check_person(job)
        model = self.executor.model
        return await build_request(job, model, self.sources, self.turns)

    async def _check_person(self, job: Job) -> None:
        """Raise JobError if the person was blocked after ordering."""
        origin = job.order.origin
        if await self.store.settings.is_blocked(origin.guild_id, origin.user_id):
            raise JobError(BLOCKED_MEANWHILE)

    async def _keep(self, job: Job, rendered: Rendered) -> Clip:
        """Write the clip to disk, then record it: from then on it is never generated again."""
        order, sound, before, is_coded = job.order, rendered.sound, None, True
        source = order.source
        plan = await self.turns.plan(job) if order.kind is Kind.JAM_TURN else None
        if plan is not None:
            return await self._keep_turn(job, plan, rendered)
        if source is not None and source.keep is Keep.TUNE:
            pass  # all of it is new
        elif source is not None and not source.include:
            sound = cut_new_part(sound, order.seconds)
        elif source is not None and not source.keep_stems:
            joined = await self.sources.join(order.kind, source, sound, rendered.model)
            sound, before, is_coded = joined.sound, joined.before, joined.is_coded
        codes = None
        if rendered.codes is not None and is_coded:
            codes = match_codes(sound, rendered.codes, rendered.sound, before)
        return await self._record(
            job,
            sound,
            seconds_before=max(0.0, sound.seconds - order.seconds),
            model=rendered.model.name,
            seconds_of_work=rendered.seconds_of_work,
            stems=rendered.model.stems,
            codes=codes,
        )

    async def _keep_turn(self, job: Job, plan: TurnPlan, rendered: Rendered) -> Clip:
        turn = await self.turns.cut(job, plan, rendered)
        return await self._record(
            job,
            turn.sound,
            seconds_before=turn.seconds_before,
            model=rendered.model.name,
            seconds_of_work=rendered.seconds_of_work,
            stems=rendered.model.stems,
            codes=turn.codes,
            grid=turn.grid,
        )

    async def _cut_loop(self, job: Job) -> Clip:
        """Cut a loop from a clip, without the engine."""
        started = await self.store.jobs.start(job.id)
        await self._check_person(job)
        source = started.order.source
        if not isinstance(source, ClipSource):
            raise JobError(SOURCE_DELETED)
        parent = await self.sources.clip(source)
        path = self.store.clips_folder / parent.file
        sound = await asyncio.to_thread(read_master, path)
        return await self._record(
            started,
            sound,
            seconds_before=0.0,
            model=parent.model,
            seconds_of_work=0.0,
            written=await self.notes.analyse(parent),
        )

    async def _mix_down(self, job: Job) -> Clip:
        """Make the mixdown of a jam, without the engine."""
        started = await self.store.jobs.start(job.id)
        await self._check_person(job)
        sound, head = await mix_down(self.store, self.sources, started)
        return await self._record(
            started,
            sound,
            seconds_before=0.0,
            model=head.model,
            seconds_of_work=0.0,
            grid=head.grid,
        )

    async def _mix(self, job: Job, order: MixOrder) -> Clip:
        """Mix two clips, without the engine."""
        started = await self.store.jobs.start(job.id)
        await self._check_person(job)
        made, mixed, model = await self.mixes.make(order)
        return await self._record(
            started, made, seconds_before=0.0, model=model, seconds_of_work=0.0, mixed=mixed
        )

    async def _record(
        self,
        job: Job,
        made: Sound | FinishedClip,
        *,
        seconds_before: float,
        model: str,
        seconds_of_work: float,
        stems: tuple[str, ...] = (),
        codes: Codes | None = None,
        written: WrittenAnalysis | None = None,
        mixed: Mixed | None = None,
        grid: BarGrid | None = None,
    ) -> Clip:
        """Post-process a sound, write its master with its codes, then insert its row.

        `written` is what the codes of the clip that it is cut from say.
        """
        order, done = job.order, made
        if isinstance(done, Sound):
            if written is None:
                written = await self.notes.analyse_codes(codes, from_start=order.source is None)
            done = await asyncio.to_thread(
                finish, done, as_loop=order.as_loop, prompt=order.prompt, written=written
            )
        name = f"{job.id}.flac"
        # A loop is cut from anywhere, and the codes of the whole don't fit it.
        data = None if codes is None or done.loops else await asyncio.to_thread(pack_codes, codes)
        path = self.store.clips_folder / name
        await asyncio.to_thread(write_master, path, done.sound, data)
        await failpoints.reached("clip.unrecorded")
        return await self.store.jobs.record_clip(
            job.id,
            NewClip(
                job_id=job.id,
                origin=order.origin,
                kind=order.kind,
                prompt=order.prompt,
                seconds=done.sound.seconds,
                seconds_before=0.0 if done.loops else seconds_before,
                seed=order.seed,
                sampling=order.sampling,
                model=model,
                file=name,
                parent_ids=order.parent_ids,
                made_in_seconds=seconds_of_work,
                bpm=done.bpm if grid is None else round(grid.bpm, 1),
                key=done.key,
                loops=done.loops,
                stems=() if data is None else stems,
                upload_name=order.source.name if isinstance(order.source, UploadSource) else None,
                mixed=mixed,
                grid=grid,
            ),
        )
