"""What the managers of a server set: limits, tiers, channels and blocked people."""

from __future__ import annotations

from bot.domain.limits import GuildSettings
from bot.store.store import Store


class GuildService:
    """The settings of servers; None takes a setting back to what the configuration says."""

    def __init__(self, store: Store) -> None:
        self._settings, self._ledger = store.settings, store.ledger

    async def settings(self, guild_id: int) -> GuildSettings:
        """Return what is set for a server."""
        return await self._settings.of(guild_id)

    async def set_limits(
        self,
        guild_id: int,
        *,
        daily_seconds: float | None,
        guild_daily_seconds: float | None,
        waiting: int | None,
        max_seconds: float | None,
    ) -> None:
        """Set a server's limits; what is None stays as it is."""
        await self._settings.set_limits(
            guild_id,
            daily_seconds=daily_seconds,
            guild_daily_seconds=guild_daily_seconds,
            waiting=waiting,
            max_seconds=max_seconds,
        )

    async def clear_limits(self, guild_id: int) -> None:
        """Take a server's limits back to those of the configuration."""
        await self._settings.clear_limits(guild_id)

    async def set_tier(self, guild_id: int, role_id: int, daily_seconds: float | None) -> None:
        """Give a role its own seconds a day, or take them away with None."""
        await self._settings.set_tier(guild_id, role_id, daily_seconds)

    async def allow_channel(self, guild_id: int, channel_id: int, allowed: bool) -> None:
        """Put a channel on the list of those that music is made in, or take it off."""
        await self._settings.allow_channel(guild_id, channel_id, allowed)

    async def block(self, guild_id: int, user_id: int) -> None:
        """Keep a person from making music on a server."""
        await self._settings.block(guild_id, user_id, True)

    async def unblock(self, guild_id: int, user_id: int) -> None:
        """Let a blocked person make music again."""
        await self._settings.block(guild_id, user_id, False)

    async def reset_quota(self, guild_id: int, user_id: int) -> float:
        """Give a person the seconds back that they used on a server today; return how many."""
        return await self._ledger.reset(user_id, guild_id)
