"""Read the notes of clips from codes that encode them: for MIDI, and for tempo, bars and key."""

from __future__ import annotations

import asyncio

from bot.audio.files.midi import write_midi
from bot.audio.notation import Notation
from bot.audio.score import read_score
from bot.audio.written_analysis import WrittenAnalysis, read_analysis
from bot.domain.clips import Clip
from bot.domain.generation import Codes
from bot.errors import SoundError
from bot.i18n.sentence import Sentence
from bot.inference.executor import Executor
from bot.pipeline.clip_codes import analyse_clip, load_codes
from bot.pipeline.packaging import ExportedClip
from bot.store.store import Store

NO_NOTES = Sentence(
    "I don't have the notes of this clip: MIDI is there for clips by the built-in model only, and "
    "not for loops and mixes."
)
LOADING = Sentence("The model is still being loaded. Please try again in half a minute.")


class Notes:
    """Reads the codes of clips as notes, if the model's codes encode notes."""

    def __init__(self, store: Store, executor: Executor, notation: Notation | None) -> None:
        self._store, self._executor, self._notation = store, executor, notation

    async def analyse(self, clip: Clip) -> WrittenAnalysis | None:
        """Return what a clip's codes say of its tempo, bars and key; None without such codes."""
        return await analyse_clip(self._store, clip, self._executor.model, self._notation)

    async def analyse_codes(
        self, codes: Codes | None, *, from_start: bool
    ) -> WrittenAnalysis | None:
        """Return what codes of the model say of tempo, bars and key; None if they aren't notes.

        `from_start` tells whether they begin where a piece does.
        """
        if self._notation is None or codes is None:
            return None
        return await asyncio.to_thread(
            read_analysis, codes.tokens, self._notation, from_start=from_start
        )

    async def export(self, clip: Clip) -> ExportedClip:
        """Return the notes of a clip as a MIDI file.

        Raises SoundError if it has no codes, or those of another model.
        """
        if self._notation is None or not clip.stems:
            raise SoundError(NO_NOTES)
        model = self._executor.model
        if model is None:
            raise SoundError(LOADING)
        codes = await load_codes(self._store, clip, model)
        if codes.tokens.shape[0] < self._notation.books:
            raise SoundError(NO_NOTES)
        score = await asyncio.to_thread(read_score, codes.tokens, self._notation)
        data = write_midi(score, bpm=clip.bpm, title=clip.prompt)
        return ExportedClip(name=f"zhiyin-{clip.id}.mid", data=data)
