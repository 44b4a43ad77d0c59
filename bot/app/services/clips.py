"""Clips that were made: find, show, hand over and delete them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from bot import failpoints
from bot.domain.clips import Clip, Tags
from bot.domain.lineage import Lineage
from bot.domain.soundboard import SoundboardSound
from bot.domain.takes import Take
from bot.domain.voice_message import VoiceMessage
from bot.domain.withdrawals import Withdrawal
from bot.errors import Refused, RequestError
from bot.i18n.sentence import Sentence
from bot.jams.tree_picture import draw_tree
from bot.pipeline.library import STILL_COMING
from bot.pipeline.packaging import ExportedClip, PackedClip, tags_of
from bot.pipeline.service import Pipeline

NOT_HELD = Sentence("This clip is not kept here any more.")

_MAX_HELD = 1000


class ClipService:
    """The clips of everybody."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._clips = pipeline.store.clips

    async def find(self, clip_id: int) -> Clip | None:
        """Return a clip; a deleted one, too."""
        return await self._clips.get(clip_id)

    async def find_by_message(self, message_id: int) -> list[Clip]:
        """Return the clips that a message shows, takes by their numbers; deleted ones, too."""
        return await self._clips.by_message(message_id)

    async def takes(self, clip: Clip) -> list[Take]:
        """Return the takes in the message that shows a clip; none where it is alone there."""
        job = await self._pipeline.store.jobs.get(clip.job_id)
        if job is None or job.order.group_key is None or clip.message_id is None:
            return []
        takes = await self._pipeline.store.takes.of_group(job.order.group_key)
        shown = [take for take in takes if take.clip and take.clip.message_id == clip.message_id]
        return shown if len(takes) > 1 else []

    async def history(self, user_id: int, limit: int, search: str = "") -> list[Clip]:
        """Return a person's latest clips with these words in their prompt, newest first."""
        return await self._clips.of_user(user_id, limit, search)

    async def of_server(
        self, guild_id: int, limit: int, search: str, *, viewer_id: int
    ) -> list[Clip]:
        """Return the latest clips of a server with these words or this number, newest first.

        Those that a person sees alone are there where that is the viewer.
        """
        return await self._clips.of_guild(guild_id, limit, search, viewer_id=viewer_id)

    async def prompts(self, user_id: int, search: str, limit: int) -> list[str]:
        """Return a person's earlier prompts that contain these words, newest first."""
        return await self._clips.prompts_of(user_id, search, limit)

    async def held(self, user_id: int, limit: int) -> list[Clip]:
        """Return a person's clips that could not be posted and can still be fetched."""
        return await self._clips.held_of(user_id, limit)

    async def hand_over(
        self, clip_id: int, user_id: int, post: Callable[[Clip], Awaitable[int]]
    ) -> None:
        """Hand a held clip to the person it is for.

        `post` posts it and returns the id of the message; if it raises, the clip stays held.
        Raises RequestError where it is not held, Refused while it is handed over already.
        """
        with self._pipeline.erasure.handing_over(clip_id, user_id):
            held = await self._clips.held_of(user_id, _MAX_HELD)
            clip = next((each for each in held if each.id == clip_id), None)
            if clip is None:
                raise RequestError(NOT_HELD)
            message_id = await post(clip)
            await self._clips.set_message(clip.id, message_id)
            await self._pipeline.store.jobs.record_fetch(clip.job_id, message_id)

    async def publish(
        self,
        clip: Clip,
        find: Callable[[], Awaitable[int | None]],
        post: Callable[[], Awaitable[int]],
    ) -> bool:
        """Post a clip for everybody that its person had alone; False where it is posted already.

        It is everybody's from before it is posted: whoever presses again after a crash of the bot
        lets `find` return what was posted meanwhile. `post` returns the id of the message. Raises
        what these raise, and Refused while it is on its way already.
        """
        with self._pipeline.erasure.handing_over(clip.id, clip.origin.user_id):
            if not await self.is_unposted(clip.id):
                return False
            is_first = await self._clips.publish(clip.id)
            await failpoints.reached("clip.published")
            found = None if is_first else await find()
            message_id = await post() if found is None else found
            await failpoints.reached("clip.shown_to_all")
            await self._clips.set_message(clip.id, message_id)
            return found is None

    async def is_unposted(self, clip_id: int) -> bool:
        """Return whether a clip that was for one is nowhere but in the message that one sees.

        Raises Refused while it is on its way there.
        """
        clip = await self._clips.get(clip_id)
        job = None if clip is None else await self._pipeline.store.jobs.get(clip.job_id)
        if clip is None or job is None or not job.order.is_private:
            return False
        if not job.state.is_final:
            raise Refused(STILL_COMING)
        return clip.is_private or clip.message_id == job.message.message_id

    async def pack(self, clip: Clip, max_bytes: int) -> PackedClip:
        """Return a clip as a file of at most `max_bytes`. Raises SoundError and OutputError."""
        return await self._pipeline.library.pack(clip, max_bytes)

    def tags(self, clip: Clip) -> Tags:
        """Return what a clip's file tells of how it was made."""
        return tags_of(clip)

    async def pack_entry(
        self, clip: Clip, max_bytes: int, words: str, entry: tuple[int, int]
    ) -> PackedClip:
        """Return a clip as a file that says neither which it is nor its words, but others.

        `entry` are its battle and its number there. Raises SoundError and OutputError.
        """
        return await self._pipeline.library.pack_entry(clip, max_bytes, words, entry)

    async def pack_takes(self, takes: Sequence[Take], max_bytes: int) -> dict[int, PackedClip]:
        """Return takes as files of at most `max_bytes` each, by their numbers.

        Raises SoundError and OutputError.
        """
        return await self._pipeline.library.pack_takes(takes, max_bytes)

    async def export(self, clip: Clip, wanted: str, max_bytes: int) -> ExportedClip:
        """Return a clip as `flac`, `wav` or `midi`. Raises SoundError and OutputError."""
        if wanted == "midi":
            return await self._pipeline.notes.export(clip)
        return await self._pipeline.library.export(clip, wanted, max_bytes)

    async def voice_message(self, clip: Clip, max_bytes: int) -> VoiceMessage:
        """Return a clip as a voice message. Raises SoundError and OutputError."""
        return await self._pipeline.library.voice_message(clip, max_bytes)

    async def soundboard_sound(self, clip: Clip) -> SoundboardSound:
        """Return the loudest bars of a clip, for a soundboard. Raises SoundError, OutputError."""
        return await self._pipeline.library.soundboard_sound(clip)

    async def draw_spectrogram(self, clip: Clip) -> bytes:
        """Return a PNG of a clip's spectrum over time. Raises SoundError if its sound is gone."""
        return await self._pipeline.library.draw_spectrogram(clip)

    async def lineage(self, clip_id: int, most: int) -> Lineage:
        """Return a clip's ancestors and descendants, so many of each, the nearest first."""
        return await self._clips.lineage(clip_id, most)

    async def draw_tree(
        self, lineage: Lineage, shown: frozenset[int], read: Callable[[Sentence], str]
    ) -> bytes:
        """Return a PNG of a clip's family in a language; of those not in `shown` nothing."""
        return await asyncio.to_thread(draw_tree, lineage, shown, read)

    async def move(self, clip: Clip, message_id: int) -> None:
        """Record that another message shows a clip from now on."""
        await self._clips.set_message(clip.id, message_id)

    async def delete(self, clip: Clip, shown: Collection[Withdrawal] = ()) -> None:
        """Delete a clip's sound and mark it as deleted. Raises Refused while it is being posted.

        `shown` are the messages that show it, which are to be withdrawn then.
        """
        await self._pipeline.library.delete(clip, shown)

    async def withdrawals(self) -> list[Withdrawal]:
        """Return the messages that still show what was deleted."""
        return await self._pipeline.store.withdrawals.all()

    async def record_withdrawn(self, withdrawal: Withdrawal) -> None:
        """Record that a message shows a deleted clip no more, or that it can't be helped."""
        await self._pipeline.store.withdrawals.delete(withdrawal)
