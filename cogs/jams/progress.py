"""Advance jams: open their threads, update their cards (debounced), pass turns on in time."""

from __future__ import annotations

import asyncio
import io
import logging
from typing import Any

import discord

from bot.app.client import ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.jams import JamSnapshot, JamState
from bot.errors import NotNow
from cogs.jams.archive import unarchive
from cogs.posting.jam_thread import ThreadLost, has_footer, open_jam_thread
from cogs.posting.keyed_runner import KeyedRunner
from cogs.posting.message_search import find_own
from cogs.posting.outages import is_outage
from cogs.presentation import jam_messages
from cogs.views.jam_buttons import jam_view

_LEAST_PAUSE_SECONDS = 0.1
_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE, _ARCHIVED = 10003, 10008, 50083

log = logging.getLogger(__name__)


class JamProgress:
    """Runs what is due in all open jams, when one has changed or its time has come."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self._bot, self._jams = bot, bot.service.jams
        self._runner = KeyedRunner()
        self._shown_at: dict[int, float] = {}
        self._due_at: dict[int, float] = {}
        """When jams are due that only time changes, by the loop's clock."""

    async def run_due(self) -> bool:
        """Advance every jam concurrently; return whether all succeeded."""
        # Taken before the jams are read: those that begin meanwhile are not over.
        known = {*self._due_at, *self._shown_at}
        ids = [jam.id for jam in await self._jams.unfinished()]
        for over in known.difference(ids):
            self._due_at.pop(over, None)
            self._shown_at.pop(over, None)
        return await self._runner.run_each(ids, self._go_on)

    async def stop(self) -> None:
        """Stop; the next run of the bot continues."""
        await self._runner.stop()

    async def seconds_to_next(self, most: float) -> float:
        """Return for how long nothing is due, at most `most`."""
        now = asyncio.get_running_loop().time()
        due = (max(at - now, _LEAST_PAUSE_SECONDS) for at in self._due_at.values())
        return min([most, *due])

    async def _go_on(self, jam_id: int) -> bool:
        """Advance one jam; failures don't affect others."""
        self._due_at.pop(jam_id, None)
        try:
            snapshot = await self._jams.advance(jam_id)
            if snapshot is None:
                return True
            if snapshot.jam.thread_id is None:
                await open_jam_thread(self._bot, jam_id)
                snapshot = await self._jams.snapshot(jam_id)
                assert snapshot is not None
            if snapshot.jam.version != snapshot.jam.shown_version:
                early = self._seconds_too_early(jam_id)
                if early > 0:
                    self._look_again_in(early, jam_id)
                    return True
                await self._show(snapshot)
            pause = self._jams.seconds_to_next(snapshot)
            if pause is not None:
                self._look_again_in(pause, jam_id)
        except ThreadLost:
            log.info("jam.place_lost id=%d", jam_id)
            await self._jams.abandon(jam_id)
        except NotNow as reason:
            log.info("jam.not_closed_yet id=%d %s", jam_id, reason.sentence)
            return False
        except Exception as error:
            if is_outage(error):
                log.warning("jam.postponed id=%d %r", jam_id, error)
            else:
                log.exception("jam.not_shown id=%d", jam_id)
            return False
        return True

    def _look_again_in(self, seconds: float, jam_id: int) -> None:
        self._due_at[jam_id] = asyncio.get_running_loop().time() + seconds

    def _seconds_too_early(self, jam_id: int) -> float:
        """Return how long to wait until a card may be edited again."""
        last = self._shown_at.get(jam_id)
        if last is None:
            return 0.0
        return last + self._jams.card_seconds - asyncio.get_running_loop().time()

    async def _show(self, snapshot: JamSnapshot) -> None:
        """Edit the card to the state of a jam. Raises ThreadLost if its thread is deleted."""
        jam, mixdown = snapshot.jam, await self._jams.mixdown(snapshot.jam)
        picture = await self._jams.draw_track(snapshot) if snapshot.head else None
        shown_id: int | None
        try:
            shown_id = await self._post_unarchived(snapshot, mixdown, picture)
        except discord.HTTPException as error:
            if is_outage(error):
                raise
            if error.code == _UNKNOWN_CHANNEL:
                raise ThreadLost from error
            # The next change tries again; the buttons on the old card still work.
            log.info("jam.card_not_shown id=%d code=%d", jam.id, error.code)
            shown_id = jam.card_id
        self._shown_at[jam.id] = asyncio.get_running_loop().time()
        if jam.state is JamState.CLOSED:
            # Before the card is recorded as shown, so that an interruption repeats it.
            await self._show_result(snapshot, mixdown)
        await self._jams.record_card(jam.id, shown_id, jam.version)

    async def _post_unarchived(
        self, snapshot: JamSnapshot, mixdown: Clip | None, picture: bytes | None
    ) -> int:
        """Post the card as `_post` does, in a thread that Discord may have archived."""
        try:
            return await self._post(snapshot, mixdown, picture)
        except discord.HTTPException as error:
            if error.code != _ARCHIVED or not await unarchive(self._bot, snapshot.jam):
                raise
        return await self._post(snapshot, mixdown, picture)

    async def _post(
        self, snapshot: JamSnapshot, mixdown: Clip | None, picture: bytes | None
    ) -> int:
        """Edit the card, or post a new one below the latest turn; return its id."""
        jam, render = snapshot.jam, self._bot.languages.renderer(snapshot.jam.locale)
        assert jam.thread_id is not None
        thread = self._bot.get_partial_messageable(jam.thread_id, guild_id=jam.guild_id)
        card = jam_messages.card(render, snapshot, mixdown, has_picture=picture is not None)
        view = jam_view(render, snapshot)
        card_id = jam.card_id
        is_low = card_id is not None and not _has_sunk(snapshot, card_id)
        if card_id is not None and is_low and await _edit(thread, card_id, card, view, picture):
            return card_id
        # It comes down below the latest turn; one that was posted and not recorded is found.
        is_card = has_footer(render(jam_messages.card_footer(jam)))
        new_id = await find_own(self._bot, thread, is_card, since_id=card_id or jam.thread_id)
        if new_id is None or not await _edit(thread, new_id, card, view, picture):
            posted: dict[str, Any] = {"embed": card, "view": view, "files": _files(picture)}
            # A nonce takes 25 characters, and an id up to 20.
            new_id = (await thread.send(**posted, nonce=f"card-{card_id or jam.id}")).id
        if card_id is not None:
            await _delete(thread, card_id)
        return new_id

    async def _show_result(self, snapshot: JamSnapshot, mixdown: Clip | None) -> None:
        """Edit the announcement in the channel to the result of a jam."""
        jam, render = snapshot.jam, self._bot.languages.renderer(snapshot.jam.locale)
        assert jam.thread_id is not None
        channel = self._bot.get_partial_messageable(jam.channel_id, guild_id=jam.guild_id)
        try:
            message = channel.get_partial_message(jam.thread_id)
            await message.edit(embed=jam_messages.announcement(render, snapshot, mixdown))
        except discord.HTTPException as error:
            if is_outage(error):
                raise
            log.info("jam.result_not_shown id=%d code=%d", jam.id, error.code)


def _has_sunk(snapshot: JamSnapshot, card_id: int) -> bool:
    """Return whether the latest turn stands below the card."""
    last = snapshot.head
    is_open = snapshot.jam.state is JamState.OPEN
    return is_open and last is not None and (last.message_id or 0) > card_id


async def _delete(thread: discord.PartialMessageable, card_id: int) -> None:
    """Delete a card that was replaced by another one."""
    try:
        await thread.get_partial_message(card_id).delete()
    except discord.HTTPException as error:
        if is_outage(error):
            raise
        if error.code != _UNKNOWN_MESSAGE:
            log.info("jam.old_card_not_deleted code=%d", error.code)


async def _edit(
    thread: discord.PartialMessageable,
    card_id: int,
    card: discord.Embed,
    view: discord.ui.View,
    picture: bytes | None,
) -> bool:
    """Edit a card; return False if it is deleted."""
    try:
        await thread.get_partial_message(card_id).edit(
            embed=card, view=view, attachments=_files(picture)
        )
    except discord.HTTPException as error:
        if error.code != _UNKNOWN_MESSAGE:
            raise
        return False
    return True


def _files(picture: bytes | None) -> list[discord.File]:
    if picture is None:
        return []
    return [discord.File(io.BytesIO(picture), jam_messages.TRACK_PICTURE)]
