"""The bot's connections to Discord: one, or as many shards as Discord recommends.

discord.py asks Discord for the number, opens them one by one and distributes the servers. This adds
better recovery: a broken connection resumes its session, so that no event is missed, and one that
sends unreadable data starts a new session while the others continue.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import Counter

import aiohttp
import yarl
from discord.ext import commands
from discord.gateway import ReconnectWebSocket
from discord.shard import Shard

from bot.domain.status import ShardStatus

log = logging.getLogger(__name__)

_IDENTIFY_SECONDS = 5.0
"""Discord's minimum interval between new sessions."""
_CLOSE_SECONDS = 5.0
_TO_BE_RESUMED = 4000
_NETWORK = (OSError, aiohttp.ClientError, asyncio.TimeoutError)


class ShardedBot(commands.AutoShardedBot):
    """A bot with as many connections as it needs, each of which recovers by itself."""

    _identified_at = -math.inf

    async def launch_shard(
        self, gateway: yarl.URL, shard_id: int, *, initial: bool = False
    ) -> None:
        """Open a connection that recovers by itself."""
        await super().launch_shard(gateway, shard_id, initial=initial)
        info = self.get_shard(shard_id)
        if info is not None:
            _outlive_losses(info._parent)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Rate limit new sessions: Discord allows one every five seconds."""
        due = self._identified_at + _IDENTIFY_SECONDS
        self._identified_at = max(due, time.monotonic())
        await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def on_shard_ready(self, shard_id: int) -> None:
        """Dispatch *ready* when one of several connections has started a new session.

        discord.py does so only with a single connection; cogs then catch up on missed events.
        """
        if self.is_ready() and len(self.shards) > 1:
            self.dispatch("ready")

    def shard_statuses(self) -> tuple[ShardStatus, ...]:
        """Return the status of each connection; empty before the first is open."""
        servers = Counter(guild.shard_id for guild in self.guilds)
        return tuple(
            ShardStatus(
                number=number,
                servers=servers[number],
                is_connected=not info.is_closed(),
                latency_seconds=info.latency if math.isfinite(info.latency) else None,
            )
            for number, info in sorted(self.shards.items())
        )


def _outlive_losses(shard: Shard) -> None:
    """Make a connection resume its session after network errors, or start a new one.

    discord.py starts a new one after the former, and ends the bot after unreadable data.
    """
    handle, begin_anew = shard._handle_disconnect, shard.reconnect
    lost_by: list[Exception] = []

    async def note_and_handle(e: Exception) -> None:
        lost_by[:] = [e]
        # Stops the heartbeat; this close code keeps the session resumable.
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await shard.ws.close(_TO_BE_RESUMED)
        except Exception as error:
            log.info("shard.not_closed number=%d %r", shard.id, error)
        await handle(e)

    async def come_back() -> None:
        is_known = shard.ws.session_id is not None
        if is_known and lost_by and isinstance(lost_by[0], _NETWORK):
            await shard.reidentify(ReconnectWebSocket(shard.id, resume=True))
        else:
            await begin_anew()

    shard._handled_exceptions = (Exception,)
    shard._handle_disconnect = note_and_handle  # type: ignore[method-assign]
    shard.reconnect = come_back  # type: ignore[method-assign]
