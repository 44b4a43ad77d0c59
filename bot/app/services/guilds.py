"""Servers: which are served, and what their managers set, within what the bot's owner allows."""

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
    """The settings of servers; None takes a setting back to what the configuration says."""

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
        """Return whether a server is one that the bot may make music on."""
        return not self._account.allowed_servers or guild_id in self._account.allowed_servers

    def check_place(self, guild_id: int | None) -> None:
        """Raise Refused where the bot may make nothing: on this server, or on none."""
        if guild_id is None:
            if not self._account.direct_messages:
                raise Refused(SERVERS_ONLY)
        elif not self.serves(guild_id):
            raise Refused(NOT_SERVED)

    async def settings(self, guild_id: int) -> GuildSettings:
        """Return what is set for a server, as far as the configuration allows it."""
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
        """Set a server's limits; what is None stays as it is.

        Raises RequestError for what is beyond the configuration's.
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
        """Take a server's limits back to those of the configuration."""
        await self._settings.clear_limits(guild_id)

    async def set_tier(self, guild_id: int, role_id: int, daily_seconds: float | None) -> None:
        """Give a role its own seconds a day, or take them away with None.

        Raises RequestError for more than the configuration allows.
        """
        most = self.bounds.daily_seconds
        _check(daily_seconds, 0, most, _SECONDS_BOUND.fill(most=most))
        await self._settings.set_tier(guild_id, role_id, daily_seconds)

    async def allow_channel(self, guild_id: int, channel_id: int, allowed: bool) -> None:
        """Put a channel on the list of those that music is made in, or take it off."""
        await self._settings.allow_channel(guild_id, channel_id, allowed)

    async def allow_uploads(self, guild_id: int, role_id: int, allowed: bool) -> None:
        """Put a role on the list of those that may send sounds, or take it off."""
        await self._settings.allow_uploads(guild_id, role_id, allowed)

    async def set_log_channel(self, guild_id: int, channel_id: int | None) -> None:
        """Name the channel in which managers read what was set and reported, or none."""
        await self._settings.set_log_channel(guild_id, channel_id)

    async def check_person(self, guild_id: int | None, user_id: int) -> None:
        """Raise Refused for somebody who is blocked on a server or everywhere; None is no server.

        Orders are checked when they are admitted; this is for what else costs time.
        """
        if await self._settings.is_blocked(guild_id, user_id):
            raise Refused(BLOCKED)

    async def block(self, guild_id: int | None, user_id: int) -> None:
        """Keep a person from making music on a server, or everywhere with None."""
        await self._settings.block(EVERYWHERE if guild_id is None else guild_id, user_id, True)

    async def unblock(self, guild_id: int | None, user_id: int) -> None:
        """Let a person make music again who was blocked on a server, or everywhere."""
        await self._settings.block(EVERYWHERE if guild_id is None else guild_id, user_id, False)

    async def reset_quota(self, guild_id: int | None, user_id: int) -> float:
        """Give a person the seconds back that they used today; return how many.

        Those used on a server, within the most that anybody may have in a day; or with None, which
        is for the owner, all of them.
        """
        return await self._ledger.reset(user_id, guild_id)


def _check(value: float | None, least: float, most: float, refusal: Sentence) -> None:
    # A NaN is not within either.
    if value is not None and not least <= value <= most:
        raise RequestError(refusal)
