"""Post and edit the messages of a running battle: card, players of the entries, poll."""

from __future__ import annotations

import logging
import math
from datetime import timedelta
from pathlib import PurePath
from typing import Any

import discord

from bot import failpoints
from bot.app.client import ZhiyinBot
from bot.domain.battles import Battle, Entrants, Entry
from bot.domain.clips import Clip
from bot.errors import OutputError, SoundError
from cogs.battles.channel import BattleChannel
from cogs.battles.files import battle_files
from cogs.posting.outages import is_outage
from cogs.presentation import battle_messages
from cogs.views.battle_buttons import battle_view

log = logging.getLogger(__name__)


class BattlePosts:
    """Shows battles. Its methods raise what discord.py raises in an outage."""

    def __init__(self, bot: ZhiyinBot, place: BattleChannel) -> None:
        self._bot, self._place = bot, place
        self._shown: dict[int, tuple[Battle, Entrants]] = {}

    async def find_card(self, battle: Battle) -> int | None:
        """Return the message that announces a battle, if there is one."""
        wanted = f"zhiyin:battle:{battle.id}:"

        def is_match(message: discord.Message) -> bool:
            rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
            ids = [getattr(each, "custom_id", None) or "" for row in rows for each in row.children]
            return any(id_.startswith(wanted) for id_ in ids)

        return await self._place.find(battle, is_match)

    async def show(self, battle: Battle, entrants: Entrants) -> None:
        """Edit the card to the state of a battle, if it differs."""
        if battle.message_id is None or self._shown.get(battle.id) == (battle, entrants):
            return
        render, sample = self._bot.languages.renderer(battle.locale), await self._sample(battle)
        card = battle_messages.announcement(
            render, battle, sample, entrants, has_picture=sample is not None
        )
        try:
            await (
                self._place.channel(battle)
                .get_partial_message(battle.message_id)
                .edit(embed=card, view=battle_view(render, battle))
            )
        except discord.HTTPException as error:
            if is_outage(error):
                raise
            # The battle continues without a current card.
            log.info("battle.card_not_shown id=%d code=%d", battle.id, error.code)
        self._shown[battle.id] = battle, entrants

    def forget(self, battle: Battle) -> None:
        """Drop what was remembered of a finished battle."""
        self._shown.pop(battle.id, None)

    async def show_sample(self, battle: Battle, sample: Clip) -> bool:
        """Post the clip that a battle is of under its card; return whether it is there.

        The card links to it in any case.
        """
        assert battle.message_id is not None
        try:
            packed = await self._bot.service.clips.pack(sample, self._place.max_bytes(battle))
            files = battle_files(packed, f"battle-{battle.id}-sample")
            message = self._place.channel(battle).get_partial_message(battle.message_id)
            await message.edit(attachments=files)
            self._shown.pop(battle.id, None)
        except (discord.HTTPException, SoundError, OutputError) as error:
            log.info("battle.sample_not_shown id=%d %s", battle.id, error)
            return False
        return True

    async def post_players(self, battle: Battle) -> None:
        """Post the entries that are not posted yet. Raises ChannelLost."""
        entries = await self._bot.service.battles.entries(battle.id)
        for entry in entries:
            if entry.clip is not None and entry.message_id is None:
                await self._post_player(battle, entry, entry.clip, len(entries))

    async def _post_player(self, battle: Battle, entry: Entry, clip: Clip, total: int) -> None:
        name = f"battle-{battle.id}-entry-{entry.number}"
        try:
            # Its prompt and its id would identify the author.
            packed = await self._bot.service.clips.pack_entry(
                clip,
                self._place.max_bytes(battle),
                battle.prompt or name,
                (battle.id, entry.number),
            )
        except (SoundError, OutputError) as error:
            log.warning("battle.entry_not_posted id=%d entry=%d %s", battle.id, entry.number, error)
            return
        card = battle_messages.player(self._bot.languages.renderer(battle.locale), entry, total)

        def is_match(message: discord.Message) -> bool:
            return any(PurePath(file.filename).stem == name for file in message.attachments)

        def make() -> dict[str, Any]:
            return {"embed": card, "files": battle_files(packed, name), "nonce": name}

        id_ = await self._place.send_once(battle, is_match, make)
        await failpoints.reached("battle.player_posted")
        await self._bot.service.battles.record_player(battle.id, entry.number, id_)

    async def post_poll(self, battle: Battle) -> None:
        """Post the poll. Raises ChannelLost."""
        render = self._bot.languages.renderer(battle.locale)
        entries = await self._bot.service.battles.entries(battle.id)
        question = battle_messages.question(render, battle)

        def make() -> dict[str, Any]:
            # Discord takes whole hours; the bot ends the poll earlier.
            hours = math.ceil(battle.voting_seconds / 3600)
            poll = discord.Poll(question, timedelta(hours=max(1, hours)))
            for entry in entries:
                poll.add_answer(text=battle_messages.answer(render, entry))
            # The poll's own end is in whole hours, so the bot keeps its own.
            ends_at = self._bot.clock() + battle.voting_seconds
            return {
                "content": render(battle_messages.vote_below(ends_at)),
                "poll": poll,
                "nonce": f"battle-{battle.id}-poll",
            }

        id_ = await self._place.send_once(
            battle,
            lambda message: message.poll is not None and message.poll.question == question,
            make,
        )
        await failpoints.reached("battle.poll_posted")
        await self._bot.service.battles.record_poll(battle, id_)

    async def withdraw_players(self, battle: Battle) -> None:
        """Delete the messages of withdrawn entries."""
        for entry in await self._bot.service.battles.entries(battle.id):
            if entry.clip is not None or entry.message_id is None:
                continue
            try:
                message = self._place.channel(battle).get_partial_message(entry.message_id)
                await message.delete()
            except discord.HTTPException as error:
                if is_outage(error):
                    raise
            await self._bot.service.battles.record_player(battle.id, entry.number, None)

    async def _sample(self, battle: Battle) -> Clip | None:
        if battle.clip_id is None:
            return None
        return await self._bot.service.clips.find(battle.clip_id)
