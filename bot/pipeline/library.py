"""Pack, export, draw and delete finished clips."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from bot.audio.files import post
from bot.audio.files.clip_file import read_clip_codes
from bot.audio.files.masters import read_master
from bot.audio.files.picture import spectrogram_png
from bot.audio.files.soundboard import encode_soundboard_sound
from bot.audio.files.voice_message import encode_voice_message
from bot.domain.clips import Clip
from bot.domain.generation import Sound
from bot.domain.soundboard import SoundboardSound, name_of
from bot.domain.takes import Take
from bot.domain.voice_message import VoiceMessage
from bot.domain.withdrawals import Withdrawal
from bot.errors import Refused
from bot.i18n.sentence import Sentence
from bot.pipeline.jam_turns import people_in
from bot.pipeline.packaging import (
    ExportedClip,
    PackedClip,
    pack_clip,
    pack_entry,
    pack_takes,
    tags_of,
)
from bot.store.store import Store

STILL_COMING = Sentence("This clip is still being posted. Please try again in a moment.")


class ClipLibrary:
    """The masters on disk, looked up by the rows of their clips."""

    def __init__(self, store: Store, style: post.Style) -> None:
        self._store, self._style = store, style
        # One picture or export at a time: processor time is for generation.
        self._turn = asyncio.Semaphore(1)

    async def pack(self, clip: Clip, max_bytes: int) -> PackedClip:
        """Return a clip as a file of at most `max_bytes`.

        Raises SoundError where its sound is gone, OutputError where it can't be made so small.
        """
        path = self._store.clips_folder / clip.file
        sound = await self._sound(clip)
        codes = await asyncio.to_thread(read_clip_codes, path) if clip.stems else None
        people = await people_in(self._store, clip)
        return await asyncio.to_thread(
            pack_clip, clip, sound, max_bytes, self._style, codes, people
        )

    async def pack_entry(
        self, clip: Clip, max_bytes: int, words: str, entry: tuple[int, int]
    ) -> PackedClip:
        """Return a clip as an anonymous battle entry, tagged with `words` and its `entry` number.

        The file names neither the clip nor its prompt. Raises SoundError and OutputError, as `pack`
        does.
        """
        sound = await self._sound(clip)
        return await asyncio.to_thread(
            pack_entry, clip, sound, max_bytes, self._style, words, entry
        )

    async def pack_takes(self, takes: Sequence[Take], max_bytes: int) -> dict[int, PackedClip]:
        """Return takes as files of at most `max_bytes` each, by their numbers.

        Raises SoundError where a sound is gone, OutputError where one can't be made so small.
        """
        heard = {}
        for take in takes:
            assert take.clip is not None
            path = self._store.clips_folder / take.clip.file
            codes = await asyncio.to_thread(read_clip_codes, path) if take.clip.stems else None
            heard[take.number] = (take.clip, await self._sound(take.clip), codes)
        return await asyncio.to_thread(pack_takes, heard, max_bytes, self._style)

    async def export(self, clip: Clip, wanted: str, max_bytes: int) -> ExportedClip:
        """Return a clip as `flac` or `wav`, as it is posted; a FLAC where a WAV is too large.

        Raises SoundError where its sound is gone, OutputError where it is too large.
        """
        async with self._turn:
            sound = await self._sound(clip)
            encoded = await asyncio.to_thread(
                post.encode_export,
                sound,
                wanted,
                max_bytes=max_bytes,
                tags=tags_of(clip, await people_in(self._store, clip)),
                style=self._style,
            )
        return ExportedClip(name=f"zhiyin-{clip.id}{encoded.suffix}", data=encoded.data)

    async def voice_message(self, clip: Clip, max_bytes: int) -> VoiceMessage:
        """Return a clip as a voice message. Raises SoundError and OutputError."""
        async with self._turn:
            return await asyncio.to_thread(
                encode_voice_message,
                await self._sound(clip),
                loudness_lufs=self._style.loudness_lufs,
                loops=clip.loops,
                max_bytes=max_bytes,
            )

    async def soundboard_sound(self, clip: Clip) -> SoundboardSound:
        """Return the loudest bars of a clip, for a soundboard. Raises SoundError, OutputError."""
        async with self._turn:
            return await asyncio.to_thread(
                encode_soundboard_sound,
                await self._sound(clip),
                name=name_of(clip.prompt, clip.id),
                loudness_lufs=self._style.loudness_lufs,
            )

    async def draw_spectrogram(self, clip: Clip) -> bytes:
        """Return a picture of what a clip sounds like, as PNG.

        Raises SoundError where its sound is gone.
        """
        async with self._turn:
            return await asyncio.to_thread(spectrogram_png, await self._sound(clip))

    async def delete(self, clip: Clip, shown: Collection[Withdrawal] = ()) -> None:
        """Delete a clip's sound and mark its row as deleted; descendants keep their link to it.

        The messages in `shown` are recorded, to be edited or deleted afterwards. Raises Refused
        while the clip is being posted, since a retry would post it again.
        """
        job = await self._store.jobs.get(clip.job_id)
        if job is not None and not job.state.is_final:
            raise Refused(STILL_COMING)
        name = await self._store.clips.delete(clip.id, shown)
        if name is not None:
            (self._store.clips_folder / name).unlink(missing_ok=True)

    async def _sound(self, clip: Clip) -> Sound:
        return await asyncio.to_thread(read_master, self._store.clips_folder / clip.file)
