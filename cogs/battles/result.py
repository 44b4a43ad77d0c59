"""Post the result of a battle: the authors of the entries, and the winner."""

from __future__ import annotations

import logging
from typing import Any

import discord

from bot.app.client import ZhiyinBot
from bot.domain.battles import Battle, Entry
from bot.errors import OutputError, SoundError
from cogs.battles.channel import BattleChannel
from cogs.battles.files import battle_files
from cogs.posting.outages import is_outage
from cogs.presentation import battle_results
from cogs.requests.clip_cards import clip_cards
from cogs.views.clip_buttons import clip_view

log = logging.getLogger(__name__)

# Error codes of a server's AutoMod, nearly always about somebody's prompt.
_FILTERED = {200000, 200001, 240000}


class BattleResult:
    """Posts results. Its methods raise what discord.py raises in an outage."""

    def __init__(self, bot: ZhiyinBot, place: BattleChannel) -> None:
        self._bot, self._place = bot, place

    async def stop_poll(self, battle: Battle) -> None:
        """End the poll of a cancelled battle, if there is one."""
        if battle.poll_message_id is None:
            return
        try:
            message = await self._place.channel(battle).fetch_message(battle.poll_message_id)
            await message.end_poll()
        except discord.HTTPException as error:
            if is_outage(error):
                raise
            log.info("battle.poll_not_ended id=%d code=%d", battle.id, error.code)

    async def post(self, battle: Battle) -> int | None:
        """Post authors and winner; return the message id. Raises ChannelLost."""
        render = self._bot.languages.renderer(battle.locale)
        entries = await self._bot.service.battles.entries(battle.id)
        for entry in entries:
            await self._reveal(battle, entry)
        footer = render(battle_results.result_footer(battle))
        winner = next((each for each in entries if each.is_winner), None)
        is_won = winner is not None and sum(each.is_winner for each in entries) == 1
        payload: dict[str, Any] = {
            "content": render(battle_results.verdict(battle, entries)),
            "nonce": f"battle-{battle.id}-result",
        }
        embeds, packed = [battle_results.result(render, battle, entries)], None
        if is_won and winner is not None and winner.clip is not None:
            card, _ = await clip_cards(self._bot, render, winner.clip)
            try:
                packed = await self._bot.service.clips.pack(
                    winner.clip, self._place.max_bytes(battle)
                )
            except (SoundError, OutputError) as error:
                log.warning("battle.winner_not_announced id=%d %s", battle.id, error)
            else:
                embeds.insert(0, card)
                payload["view"] = clip_view(render, winner.clip)

        def make() -> dict[str, Any]:
            name = f"battle-{battle.id}-winner"
            files = [] if packed is None else battle_files(packed, name)
            return payload | {"embeds": embeds, "files": files}

        def is_match(message: discord.Message) -> bool:
            return any(embed.footer.text == footer for embed in message.embeds)

        try:
            return await self._place.send_once(battle, is_match, make)
        except discord.HTTPException as error:
            if error.code not in _FILTERED:
                raise
            log.info("battle.words_filtered id=%d", battle.id)
            bare = discord.Embed(colour=embeds[-1].colour).set_footer(text=footer)
            return await self._place.send_once(battle, is_match, lambda: payload | {"embed": bare})

    async def _reveal(self, battle: Battle, entry: Entry) -> None:
        """Add the author and the buttons of a clip to the message that plays it."""
        if entry.clip is None or entry.message_id is None:
            return
        render = self._bot.languages.renderer(battle.locale)
        await self._bot.service.clips.move(entry.clip, battle.channel_id, entry.message_id)
        try:
            await (
                self._place.channel(battle)
                .get_partial_message(entry.message_id)
                .edit(
                    embed=battle_results.revealed(render, entry), view=clip_view(render, entry.clip)
                )
            )
        except discord.HTTPException as error:
            if is_outage(error):
                raise
            log.info("battle.not_revealed id=%d code=%d", battle.id, error.code)
