"""Settings of servers, within the limits of the bot's owner."""

from __future__ import annotations

from bot.config import Config
from bot.domain.limits import Bounds, GuildSettings
from bot.errors import Refused, RequestError
from bot.i18n.sentence import Sentence
from bot.store.admission import BLOCKED
from bot.store.settings import EVERYWHERE
from bot.store.store import Store

NOT_SERVED = Sentence("The owner of this bot has not allowed it to make music on this server.")
SERVERS_ONLY = Sentence("This bot makes music on servers only, not in direct messages.")
_SECONDS_BOUND = Sentence("The owner of this bot allows from 0 to {most:g} seconds for this.")
_LENGTH_BOUND = Sentence("The owner of this bot allows clips from 1 to {most:g} seconds.")
_WAITING_BOUND = Sentence("The owner of this bot allows from 1 to {most} clips in the queue.")
_COOLDOWN_BOUND = Sentence(
    "The owner of this bot allows from {least:g} to {most:g} seconds for this."
)
_MOST_COOLDOWN_SECONDS = 3600.0
_MOST_SECONDS = 1_000_000.0


class GuildService:
    """The settings of servers; None resets a setting to the configuration."""

    def __init__(self, store: Store, config: Config) -> None:
        self._settings, self._ledger = store.settings, store.ledger
        self._account = config.discord
        limits = config.limits
        self.bounds = Bounds(
            daily_seconds=max(limits.daily_seconds, limits.max_daily_seconds),
            guild_daily_seconds=limits.daily_seconds_per_server or None,
            waiting=limits.waiting_per_server,
            max_seconds=min(limits.max_seconds, config.generation.max_seconds),
            cooldown_seconds=limits.cooldown_seconds,
        )

    def serves(self, guild_id: int) -> bool:
        """Return whether the bot may make music on a server."""
        return not self._account.allowed_servers or guild_id in self._account.allowed_servers

    def check_place(self, guild_id: int | None) -> None:
        """Raise Refused where the bot is not allowed: on this server, or in direct messages."""
        if guild_id is None:
            if not self._account.direct_messages:
                raise Refused(SERVERS_ONLY)
        elif not self.serves(guild_id):
            raise Refused(NOT_SERVED)

    async def settings(self, guild_id: int) -> GuildSettings:
        """Return a server's settings, clamped to the configuration's bounds."""
        return (await self._settings.of(guild_id)).within(self.bounds)

    async def set_limits(
        self,
        guild_id: int,
        *,
        daily_seconds: float | None,
        guild_daily_seconds: float | None,
        waiting: int | None,
        max_seconds: float | None,
        cooldown_seconds: float | None = None,
    ) -> None:
        """Set a server's limits; None leaves one as it is.

        Raises RequestError for a value beyond the configuration's.
        """
        most_of_guild = self.bounds.guild_daily_seconds or _MOST_SECONDS
        most = self.bounds.daily_seconds
        _check(daily_seconds, 0, most, _SECONDS_BOUND.fill(most=most))
        _check(guild_daily_seconds, 0, most_of_guild, _SECONDS_BOUND.fill(most=most_of_guild))
        most_waiting, longest = self.bounds.waiting, self.bounds.max_seconds
        _check(waiting, 1, most_waiting, _WAITING_BOUND.fill(most=most_waiting))
        _check(max_seconds, 1, longest, _LENGTH_BOUND.fill(most=longest))
        least, longest_pause = self.bounds.cooldown_seconds, _MOST_COOLDOWN_SECONDS
        refusal = _COOLDOWN_BOUND.fill(least=least, most=longest_pause)
        _check(cooldown_seconds, least, longest_pause, refusal)
        await self._settings.set_limits(
            guild_id,
            daily_seconds=daily_seconds,
            guild_daily_seconds=guild_daily_seconds,
            waiting=waiting,
            max_seconds=max_seconds,
            cooldown_seconds=cooldown_seconds,
        )

    async def clear_limits(self, guild_id: int) -> None:
        """Reset a server's limits to the configuration."""
        await self._settings.clear_limits(guild_id)

    async def set_tier(self, guild_id: int, role_id: int, daily_seconds: float | None) -> None:
        """Set the daily seconds of a role, or remove them with None.

        Raises RequestError for more than the configuration allows.
        """
        most = self.bounds.daily_seconds
        _check(daily_seconds, 0, most, _SECONDS_BOUND.fill(most=most))
        await self._settings.set_tier(guild_id, role_id, daily_seconds)

    async def allow_channel(self, guild_id: int, channel_id: int, allowed: bool) -> None:
        """Add a channel to the list of music channels, or remove it."""
        await self._settings.allow_channel(guild_id, channel_id, allowed)

    async def allow_uploads(self, guild_id: int, role_id: int, allowed: bool) -> None:
        """Add a role to those that may upload sounds, or remove it."""
        await self._settings.allow_uploads(guild_id, role_id, allowed)

    async def set_log_channel(self, guild_id: int, channel_id: int | None) -> None:
        """Set the channel of the server's log; None removes it."""
        await self._settings.set_log_channel(guild_id, channel_id)

    async def check_person(self, guild_id: int | None, user_id: int) -> None:
        """Raise Refused for a person who is blocked on a server or everywhere; None is no server.

        Orders are checked at admission; this is for other work.
        """
        if await self._settings.is_blocked(guild_id, user_id):
            raise Refused(BLOCKED)

    async def block(self, guild_id: int | None, user_id: int) -> None:
        """Block a person on a server, or everywhere with None."""
        await self._settings.block(EVERYWHERE if guild_id is None else guild_id, user_id, True)

    async def unblock(self, guild_id: int | None, user_id: int) -> None:
        """Unblock a person on a server, or everywhere with None."""
        await self._settings.block(EVERYWHERE if guild_id is None else guild_id, user_id, False)

    async def reset_quota(self, guild_id: int | None, user_id: int) -> float:
        """Give a person today's used seconds back; return how many.

        On a server, only those used there, within `max_daily_seconds`; None, for the owner, resets
        all.
        """
        return await self._ledger.reset(user_id, guild_id)


def _check(value: float | None, least: float, most: float, refusal: Sentence) -> None:
    # A NaN fails this comparison, too.
    if value is not None and not least <= value <= most:
        raise RequestError(refusal)
