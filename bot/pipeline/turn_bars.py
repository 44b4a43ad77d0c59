"""Plan and cut jam turns as whole bars: how much to generate, and where to cut and join it.

If the model's codes encode bar lines, they are exact to the frame. Otherwise bars are detected in
the sound; without a reliable detection the cut is by time.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from bot.audio.editing.bars import (
    MOST_DRIFT,
    Bars,
    bring_to_tempo,
    detect_bars,
    follow_bars,
    part_of,
    place_of,
)
from bot.audio.editing.joint import join_new_part
from bot.audio.notation import Notation
from bot.audio.prompt import AudioPrompt, prepend
from bot.audio.score import read_bars
from bot.domain.bar_grid import BarGrid
from bot.domain.generation import Codes, Sound
from bot.domain.jams import BEATS_IN_A_BAR
from bot.domain.jobs import ClipSource, Job, Order
from bot.domain.status import ModelInfo
from bot.inference.pending_job import Rendered
from bot.pipeline.clip_codes import match_codes
from bot.pipeline.source_sounds import SourceSounds
from bot.store.store import Store

_SPARE_SHARE = 0.3
"""Extra share generated for a turn that sets the tempo: it may come out slower than asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPlan:
    """The length of a turn in bars, on the track's grid if that is known."""

    count: int
    bpm: float
    grid: BarGrid | None

    def seconds_to_make(
        self, order: Order, model: ModelInfo | None, *, lead_seconds: float | None = None
    ) -> float:
        """Return how many seconds of new sound to generate, within the model's limit.

        `lead_seconds` is how long before the joint it starts if it keeps the track's codes.
        """
        spare = max(BEATS_IN_A_BAR * 60 / self.bpm, _SPARE_SHARE * order.seconds)
        wanted = order.seconds + spare
        if self.grid is not None:
            wanted = self.count * self.grid.bar_seconds
            if lead_seconds is None:
                wanted = wanted * MOST_DRIFT + self.grid.beat_seconds
            else:
                wanted += lead_seconds
        return wanted if model is None else min(wanted, model.max_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutTurn:
    """A track with its new turn, which ends with a bar line where there is a grid."""

    sound: Sound
    seconds_before: float
    codes: Codes | None
    grid: BarGrid | None


class TurnBars:
    """Cuts the turns of jams."""

    def __init__(self, store: Store, sources: SourceSounds, notation: Notation | None) -> None:
        self._store, self._sources, self._notation = store, sources, notation

    async def plan(self, job: Job) -> TurnPlan | None:
        """Return the plan of a turn; None if its jam is unknown."""
        source, jam_id = job.order.source, job.order.jam_id
        jam = None if jam_id is None else await self._store.jams.get(jam_id)
        if jam is None:
            return None
        head = await self._sources.clip(source) if isinstance(source, ClipSource) else None
        grid = None if head is None else head.grid
        return TurnPlan(count=jam.bars, bpm=float(jam.bpm), grid=grid)

    async def cut(self, job: Job, plan: TurnPlan, rendered: Rendered) -> CutTurn:
        """Return the track with the new turn, cut to whole bars.

        Raises JobError and SoundError if the track is deleted.
        """
        source, seconds = job.order.source, job.order.seconds
        if source is None:
            return await asyncio.to_thread(self._cut_first, plan, seconds, rendered)
        heard = await self._sources.load_prompt(source, rendered.model)
        known = await self._sources.load_known_codes(source, heard, rendered.model)
        is_heard = not self._sources.is_without_audio_prompt(
            job.order.kind, source, rendered.model, known
        )
        if plan.grid is not None and is_heard:
            sound = await asyncio.to_thread(_follow, plan.count, plan.grid, heard, rendered.sound)
            return _with_grid(sound, plan, plan.grid, codes=None)
        joined = await self._sources.join(job.order.kind, source, rendered.sound, rendered.model)
        sound, codes = joined.sound, None
        if rendered.codes is not None and joined.is_coded:
            codes = match_codes(sound, rendered.codes, rendered.sound, joined.before)
        if plan.grid is not None:
            return _with_grid(sound, plan, plan.grid, codes=codes)
        joint = heard.before.samples.shape[1] + heard.end.samples.shape[1]
        return await asyncio.to_thread(
            self._cut_end, plan, seconds, sound, joint, codes, rendered.model
        )

    def _cut_first(self, plan: TurnPlan, seconds: float, rendered: Rendered) -> CutTurn:
        """Return the first turn of a jam, from its first bar line on."""
        sound, codes, model = rendered.sound, rendered.codes, rendered.model
        bars = self._encoded_grid(codes, model) or detect_bars(sound, plan.bpm)
        if bars is not None and codes is None:
            sound, bars = bring_to_tempo(sound, bars, plan.bpm)
        start, stop = place_of(bars, plan.count, sound, seconds)
        return _part(sound, start, stop, 0, codes, bars, model)

    def _cut_end(
        self,
        plan: TurnPlan,
        seconds: float,
        sound: Sound,
        joint: int,
        codes: Codes | None,
        model: ModelInfo,
    ) -> CutTurn:
        """Return a track without known bars, its new part cut where its own bars end."""
        new = replace(sound, samples=sound.samples[:, joint:])
        new_codes = None
        if codes is not None:
            tokens = codes.tokens[:, joint // model.frame_samples :]
            new_codes = replace(codes, tokens=tokens)
        bars = self._encoded_grid(new_codes, model) or detect_bars(new, plan.bpm)
        _, stop = place_of(bars, plan.count, new, seconds)
        return _part(sound, 0, joint + stop, joint, codes, bars, model)

    def _encoded_grid(self, codes: Codes | None, model: ModelInfo) -> Bars | None:
        """Return the bar grid that codes encode."""
        notation = self._notation
        if codes is None or notation is None or codes.tokens.shape[0] < notation.books:
            return None
        found = read_bars(codes.tokens, notation)
        if found is None:
            return None
        frame_seconds = model.frame_samples / model.sample_rate_hz
        grid = BarGrid(
            beat_seconds=found.beat_frames * frame_seconds, beats_per_bar=found.beats_per_bar
        )
        return Bars(grid=grid, first_seconds=found.first_frame * frame_seconds)


def _follow(count: int, grid: BarGrid, heard: AudioPrompt, made: Sound) -> Sound:
    """Return a track with new bars that were made to go on from its sound."""
    joint = heard.end.samples.shape[1]
    new, lead = follow_bars(made, joint, grid, count)
    before = replace(heard.end, samples=heard.end.samples[:, : joint - lead])
    joined = join_new_part(heard.end, prepend(before, new), grid.beat_seconds)
    return prepend(heard.before, joined)


def _with_grid(sound: Sound, plan: TurnPlan, grid: BarGrid, codes: Codes | None) -> CutTurn:
    seconds_before = max(0.0, sound.seconds - plan.count * grid.bar_seconds)
    return CutTurn(sound=sound, seconds_before=seconds_before, codes=codes, grid=grid)


def _part(
    sound: Sound,
    start: int,
    stop: int,
    joint: int,
    codes: Codes | None,
    bars: Bars | None,
    model: ModelInfo,
) -> CutTurn:
    """Return a stretch of a track, with its codes where it is whole frames of them."""
    frame = model.frame_samples
    if codes is not None and (start % frame or stop % frame):
        if bars is None:
            stop = stop // frame * frame
        else:
            codes = None
    if codes is not None:
        codes = replace(codes, tokens=codes.tokens[:, start // frame : stop // frame])
    return CutTurn(
        sound=part_of(sound, start, stop),
        seconds_before=joint / sound.sample_rate_hz,
        codes=codes,
        grid=None if bars is None else bars.grid,
    )
