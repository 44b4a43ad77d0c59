"""Send the messages of a battle to its channel, each exactly once.

Before sending, an earlier copy is searched for: a previous run, or a failed request, may have sent
it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discord

from bot.app.client import ZhiyinBot
from bot.domain.battles import Battle
from bot.domain.jobs import USUAL_MAX_BYTES
from cogs.posting.message_search import find_own

_GONE = {10003, 10008}
_NOT_ALLOWED = {50001, 50013}


class ChannelLost(Exception):
    """The channel is deleted, or the bot may no longer post there."""


class BattleChannel:
    """Sends to the channels of battles; raises what discord.py raises in an outage."""

    def __init__(self, bot: ZhiyinBot) -> None:
        self._bot = bot
        self._fresh: set[int] = set()
        """Battles without unrecorded messages: no search is needed before sending."""

    def begin(self, battle: Battle) -> None:
        """Note that no unrecorded message of a battle can have been sent."""
        self._fresh.add(battle.id)

    def mark_uncertain(self, battle_id: int) -> None:
        """Note that an unrecorded message of a battle may have been sent."""
        self._fresh.discard(battle_id)

    async def send_once(
        self,
        battle: Battle,
        is_match: Callable[[discord.Message], bool],
        make: Callable[[], dict[str, Any]],
    ) -> int:
        """Send a message unless it was sent before; return its id. Raises ChannelLost."""
        if battle.id not in self._fresh:
            found = await self.find(battle, is_match)
            if found is not None:
                return found
        try:
            sent: discord.Message = await self.channel(battle).send(**make())
            return sent.id
        except discord.HTTPException as error:
            self.mark_uncertain(battle.id)
            if error.code in _GONE | _NOT_ALLOWED:
                raise ChannelLost from error
            raise
        except Exception:
            self.mark_uncertain(battle.id)
            raise

    async def find(self, battle: Battle, is_match: Callable[[discord.Message], bool]) -> int | None:
        """Return the bot's latest message since a battle began for which `is_match` holds."""
        return await find_own(self._bot, self.channel(battle), is_match, since_id=int(battle.key))

    def channel(self, battle: Battle) -> discord.PartialMessageable:
        """Return the channel of a battle."""
        return self._bot.get_partial_messageable(battle.channel_id)

    def max_bytes(self, battle: Battle) -> int:
        """Return the upload limit of the channel, in bytes."""
        guild = self._bot.get_guild(battle.guild_id)
        return USUAL_MAX_BYTES if guild is None else guild.filesize_limit
