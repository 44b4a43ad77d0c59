"""Load the sounds that clips are made from, cut them for the model, and join old and new."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.audio.analysis.tune import isolate_tune
from bot.audio.editing.joint import join_new_part
from bot.audio.files.masters import read_master
from bot.audio.held_harmony import join_over_overlap, overlap_frames, tempo_factor
from bot.audio.notation import Notation
from bot.audio.prompt import AudioPrompt, load_prompt, prepend
from bot.audio.resample import fit
from bot.domain.clips import Clip
from bot.domain.generation import Codes, Sound
from bot.domain.jobs import ClipSource, Keep, Kind, Source, UploadSource
from bot.domain.status import ModelInfo
from bot.errors import JobError, SoundError
from bot.i18n.sentence import Sentence
from bot.pipeline.clip_codes import analyse_clip, load_codes, split_codes
from bot.store.store import Store

SOURCE_DELETED = Sentence("The clip to continue was deleted. Nothing was charged.")


@dataclass(frozen=True, slots=True)
class Joined:
    """A new sound with its source before it, and the codes of what precedes the generated sound.

    `is_coded` tells whether those and the generated ones are the codes of the whole.
    """

    sound: Sound
    before: Codes | None
    is_coded: bool = True


class SourceSounds:
    """The clips and uploads in the store, as sources of others."""

    def __init__(self, store: Store, notation: Notation | None = None) -> None:
        """Take the store; `notation` is that of the model's codes, if it has one."""
        self._store, self.notation = store, notation

    async def clip(self, source: ClipSource) -> Clip:
        """Return the clip that an order is made from. Raises JobError if it was deleted."""
        clip = await self._store.clips.get(source.clip_id)
        if clip is None or clip.is_deleted:
            raise JobError(SOURCE_DELETED)
        return clip

    async def path(self, source: Source) -> Path:
        """Return the file of the sound that an order is made from."""
        if isinstance(source, UploadSource):
            return self._store.uploads_folder / source.file
        return self._store.clips_folder / (await self.clip(source)).file

    async def load_prompt(self, source: Source, model: ModelInfo) -> AudioPrompt:
        """Return the audio prompt of an order, at the model's sample rate and channels.

        Raises JobError and SoundError if its sound is deleted.
        """
        path, grid, rhythm = await self.path(source), None, None
        if isinstance(source, ClipSource):
            clip = await self.clip(source)
            written = await analyse_clip(self._store, clip, model, self.notation)
            grid, rhythm = clip.grid, None if written is None else written.rhythm
        return await asyncio.to_thread(
            load_prompt,
            path,
            source.keep_seconds,
            model.sample_rate_hz,
            model.channels,
            keep=source.keep,
            frame_samples=model.frame_samples,
            grid=grid,
            rhythm=rhythm,
        )

    async def load_tune(self, source: Source, model: ModelInfo) -> Sound:
        """Return the melody of an order's sound, at the model's sample rate.

        Raises JobError, and SoundError if the sound has none.
        """
        path = await self.path(source)
        return await asyncio.to_thread(_read_tune, path, source.keep_seconds, model.sample_rate_hz)

    async def load_known_codes(
        self, source: Source, heard: AudioPrompt, model: ModelInfo
    ) -> tuple[Codes, Codes] | None:
        """Return the stored codes of an audio prompt, split as its sound; None if there are none.

        They are exact, unlike codes that the encoder computes from the mix.
        """
        if not isinstance(source, ClipSource) or not model.stems:
            return None
        try:
            codes = await load_codes(self._store, await self.clip(source), model)
        except SoundError:
            return None
        return split_codes(codes, heard)

    async def join(self, kind: Kind, source: Source, made: Sound, model: ModelInfo) -> Joined:
        """Return the new sound with its source before it.

        If the source was deleted meanwhile, the new sound alone is returned, unless the order
        continues all of it. Raises JobError and SoundError for that.
        """
        is_whole = isinstance(source, ClipSource) and source.whole
        try:
            heard = await self.load_prompt(source, model)
        except (JobError, SoundError):
            if is_whole:
                raise
            return Joined(made, None)
        known = await self.load_known_codes(source, heard, model)
        if self.is_without_audio_prompt(kind, source, model, known):
            lead = self.overlap_frames(source, heard, model, known)
            joined = await asyncio.to_thread(
                join_over_overlap,
                heard,
                made,
                lead * model.frame_samples,
                factor=self.tempo_factor(source, heard, model, known),
            )
            if is_whole:
                joined = prepend(heard.before, joined)
            if known is None:
                return Joined(joined, None, is_coded=False)
            codes = known[1].tokens[:, : known[1].tokens.shape[1] - lead]
            if is_whole:
                codes = np.concatenate([known[0].tokens, codes], axis=1)
            return Joined(joined, replace(known[1], tokens=codes))
        joined = await asyncio.to_thread(join_new_part, heard.end, made, heard.beat_seconds)
        if not is_whole:
            return Joined(joined, None)
        return Joined(prepend(heard.before, joined), None if known is None else known[0])

    def is_without_audio_prompt(
        self, kind: Kind, source: Source, model: ModelInfo, known: tuple[Codes, Codes] | None
    ) -> bool:
        """Return whether a remix's new part is generated without an audio prompt.

        An audio prompt imposes its style whatever the prompt says; codes hold tempo and harmony
        instead: stored ones, or written guides. A turn that follows a track of unknown codes needs
        to hear it, since its bars have to be those of the track.
        """
        if source.keep not in (Keep.END, Keep.START) or source.keep_stems or not model.stems:
            return False
        return known is not None or (kind is not Kind.JAM_TURN and self.notation is not None)

    def overlap_frames(
        self,
        source: Source,
        heard: AudioPrompt,
        model: ModelInfo,
        known: tuple[Codes, Codes] | None,
    ) -> int:
        """Return how many frames before the joint a part without audio prompt starts.

        That is one beat, over which old and new are crossfaded, where the new one keeps it.
        """
        if not source.keep_harmony or not source.include:
            return 0
        return overlap_frames(
            heard, self.notation, model.frame_samples, has_codes=known is not None
        )

    def tempo_factor(
        self,
        source: Source,
        heard: AudioPrompt,
        model: ModelInfo,
        known: tuple[Codes, Codes] | None,
    ) -> float:
        """Return how much faster a part without audio prompt is to be played, to follow its source.

        What is heard alone stays as it was generated.
        """
        if known is not None or not source.keep_harmony or not source.include:
            return 1.0
        return tempo_factor(heard, self.notation, model.frame_samples)


def _read_tune(path: Path, seconds: float, sample_rate_hz: int) -> Sound:
    whole = read_master(path)
    heard = replace(whole, samples=whole.samples[:, : round(seconds * whole.sample_rate_hz)])
    return isolate_tune(fit(heard, sample_rate_hz=sample_rate_hz, channels=1))
