"""Export clips as MIDI, from codes that encode notes."""

from __future__ import annotations

import asyncio

from bot.audio.files.midi import write_midi
from bot.audio.notation import Notation
from bot.audio.score import read_score
from bot.domain.clips import Clip
from bot.errors import SoundError
from bot.i18n.sentence import Sentence
from bot.inference.executor import Executor
from bot.pipeline.clip_codes import load_codes
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
