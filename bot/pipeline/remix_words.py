"""Build the prompt of a remix: the new words joined with those of its source."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from bot.audio.files.masters import read_master
from bot.audio.finish import detect_tempo_and_key
from bot.audio.written_analysis import WrittenAnalysis
from bot.domain.clips import Clip
from bot.domain.jobs import MAX_PROMPT_CHARACTERS, ClipSource, Keep, Order, Source
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from bot.pipeline.notes import Notes
from bot.store.store import Store
from bot.words.join import TempoAndKey, join_words, keeps_tempo_and_key

NOTHING_CLEAR = Sentence("That clip has no clear tempo or key to match.")

_HEARD_SECONDS = 30.0


async def with_remix_words(store: Store, notes: Notes, order: Order, source: Source) -> Order:
    """Return a remix order with its source and its full prompt.

    Raises SoundError if the source's sound is deleted.
    """
    asked = order.prompt or ""
    source = replace(source, keep_harmony=keeps_tempo_and_key(asked))
    old, path, written = None, None, None
    if isinstance(source, ClipSource):
        clip = await store.clips.get(source.clip_id)
        if clip is not None:
            old, path = clip.prompt, store.clips_folder / clip.file
            written = await notes.analyse(clip)
    else:
        path = store.uploads_folder / source.file
    heard = TempoAndKey()
    if path is not None:
        heard = await asyncio.to_thread(_listen, path, old, source.keep, written)
    words = join_words(old, asked, heard, most=MAX_PROMPT_CHARACTERS)
    return replace(order, prompt=words, source=source)


def words_like(asked: str, clip: Clip) -> str:
    """Return words with the tempo and key of a clip added, unless they name their own.

    Raises RequestError if neither is known.
    """
    if clip.bpm is None and clip.key is None:
        raise RequestError(NOTHING_CLEAR)
    return join_words(
        None, asked, TempoAndKey(bpm=clip.bpm, key=clip.key), most=MAX_PROMPT_CHARACTERS
    )


def _listen(
    path: Path, old: str | None, keep: Keep | None, written: WrittenAnalysis | None
) -> TempoAndKey:
    sound = read_master(path)
    most = round(_HEARD_SECONDS * sound.sample_rate_hz)
    near = slice(0, most) if keep is Keep.START else slice(-most, None)
    bpm, key = detect_tempo_and_key(replace(sound, samples=sound.samples[:, near]), old, written)
    return TempoAndKey(bpm=bpm, key=key)
