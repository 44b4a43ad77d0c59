"""Find, pack, publish, hand over and delete clips."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from bot import failpoints
from bot.domain.clips import Clip, Tags
from bot.domain.jobs import JobState
from bot.domain.lineage import Lineage
from bot.domain.sight import Sight
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
    """The clips of all people."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._clips = pipeline.store.clips

    async def find(self, clip_id: int) -> Clip | None:
        """Return a clip, deleted or not."""
        return await self._clips.get(clip_id)

    async def find_by_message(self, message_id: int) -> list[Clip]:
        """Return the clips that a message shows, takes by number, deleted or not."""
        return await self._clips.by_message(message_id)

    async def takes(self, clip: Clip) -> list[Take]:
        """Return the takes in a clip's message; empty if it is the only one."""
        job = await self._pipeline.store.jobs.get(clip.job_id)
        if job is None or job.order.group_key is None or clip.message_id is None:
            return []
        takes = await self._pipeline.store.takes.of_group(job.order.group_key)
        shown = [take for take in takes if take.clip and take.clip.message_id == clip.message_id]
        return shown if len(takes) > 1 else []

    async def history(self, user_id: int, limit: int, search: str = "") -> list[Clip]:
        """Return a person's latest clips whose prompt contains `search`, newest first."""
        return await self._clips.of_user(user_id, limit, search)

    async def of_server(self, guild_id: int, sight: Sight, limit: int, search: str) -> list[Clip]:
        """Return the latest clips in sight that match a prompt or a number, newest first."""
        return await self._clips.of_guild(guild_id, sight, limit, search)

    async def prompts(self, user_id: int, search: str, limit: int) -> list[str]:
        """Return a person's earlier prompts that contain `search`, newest first."""
        return await self._clips.prompts_of(user_id, search, limit)

    async def held(self, user_id: int, limit: int) -> list[Clip]:
        """Return a person's clips that could not be posted and can still be fetched."""
        return await self._clips.held_of(user_id, limit)

    async def hand_over(
        self, clip_id: int, user_id: int, channel_id: int, post: Callable[[Clip], Awaitable[int]]
    ) -> None:
        """Post a held clip for its person, in a channel.

        `post` posts it and returns the message id; if it raises, the clip stays held. Raises
        RequestError if it is not held, Refused if it is being posted already.
        """
        with self._pipeline.erasure.handing_over(clip_id, user_id):
            held = await self._clips.held_of(user_id, _MAX_HELD)
            clip = next((each for each in held if each.id == clip_id), None)
            if clip is None:
                raise RequestError(NOT_HELD)
            message_id = await post(clip)
            await self._clips.set_message(clip.id, message_id, channel_id)
            await self._pipeline.store.jobs.record_fetch(clip.job_id, message_id)

    async def publish(
        self,
        clip: Clip,
        channel_id: int,
        find: Callable[[], Awaitable[int | None]],
        post: Callable[[], Awaitable[int]],
        *,
        is_refusal: Callable[[Exception], bool],
    ) -> bool:
        """Publish a private clip in a channel; return False if it is posted already.

        The clip is marked public before it is posted: after a crash in between, `find` returns the
        message when the button is pressed again. `post` returns the message id; after an error
        that `is_refusal` the clip is private again, since nobody was shown it. Raises what these
        raise, and Refused while it is being posted.
        """
        with self._pipeline.erasure.handing_over(clip.id, clip.origin.user_id):
            if not await self.is_unposted(clip.id):
                return False
            is_first = await self._clips.publish(clip.id)
            await failpoints.reached("clip.published")
            found = None if is_first else await find()
            try:
                message_id = await post() if found is None else found
            except Exception as error:
                if is_refusal(error):
                    await self._clips.make_private(clip.id)
                raise
            await failpoints.reached("clip.shown_to_all")
            await self._clips.set_message(clip.id, message_id, channel_id)
            job = await self._pipeline.store.jobs.get(clip.job_id)
            if job is not None and job.state is JobState.HELD:
                await self._pipeline.store.jobs.record_fetch(clip.job_id, message_id)
            return found is None

    async def is_unposted(self, clip_id: int) -> bool:
        """Return whether a private clip has no message of its own yet.

        Raises Refused while it is being posted.
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
        """Return the tags of a clip's file."""
        return tags_of(clip)

    async def pack_entry(
        self, clip: Clip, max_bytes: int, words: str, entry: tuple[int, int]
    ) -> PackedClip:
        """Return a clip as an anonymous battle entry, tagged with `words`.

        `entry` are its battle and number. Raises SoundError and OutputError.
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
        """Return a spectrogram as PNG. Raises SoundError if the clip's sound is deleted."""
        return await self._pipeline.library.draw_spectrogram(clip)

    async def lineage(self, clip_id: int, most: int) -> Lineage:
        """Return up to `most` ancestors and `most` descendants of a clip, nearest first."""
        return await self._clips.lineage(clip_id, most)

    async def draw_tree(
        self, lineage: Lineage, shown: frozenset[int], read: Callable[[Sentence], str]
    ) -> bytes:
        """Return a family tree as PNG; clips that are not in `shown` stay anonymous."""
        return await asyncio.to_thread(draw_tree, lineage, shown, read)

    async def move(self, clip: Clip, channel_id: int, message_id: int) -> None:
        """Record that another message shows a clip from now on."""
        await self._clips.set_message(clip.id, message_id, channel_id)

    async def delete(self, clip: Clip, shown: Collection[Withdrawal] = ()) -> None:
        """Delete a clip's sound and mark it as deleted. Raises Refused while it is being posted.

        The messages in `shown` are recorded, to be edited or deleted afterwards.
        """
        await self._pipeline.library.delete(clip, shown)

    async def withdrawals(self) -> list[Withdrawal]:
        """Return the messages that still show deleted clips."""
        return await self._pipeline.store.withdrawals.all()

    async def record_withdrawn(self, withdrawal: Withdrawal) -> None:
        """Record that a message no longer shows a deleted clip, or can't be changed."""
        await self._pipeline.store.withdrawals.delete(withdrawal)
