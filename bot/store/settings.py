"""Settings of servers, and metadata of this installation."""

from __future__ import annotations

import json
from types import MappingProxyType

from bot.domain.limits import GuildSettings
from bot.store.database import Database

EVERYWHERE = 0
"""Instead of a server id: a block by the owner of the bot, valid everywhere."""

# One query, since every command reads the settings before it responds.
_OF_GUILD = """
    SELECT daily_seconds, guild_daily_seconds, waiting, max_seconds, cooldown_seconds,
    (SELECT channel_id FROM log_channels WHERE guild_id = id) AS log_channel_id,
    (SELECT json_group_array(role_id) FROM upload_roles WHERE guild_id = id) AS upload_role_ids,
    (SELECT json_group_array(channel_id) FROM guild_channels WHERE guild_id = id) AS channel_ids,
    (SELECT json_group_object(role_id, seconds) FROM guild_tiers WHERE guild_id = id) AS tiers,
    (SELECT json_group_array(user_id) FROM blocked WHERE guild_id = id) AS blocked_ids
    FROM (SELECT ? AS id) LEFT JOIN guild_settings ON guild_settings.guild_id = id
"""


class Settings:
    """The tables of settings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, guild_id: int) -> GuildSettings:
        """Return the settings of a server."""
        row = await self._database.one(_OF_GUILD, (guild_id,))
        assert row is not None
        tiers = json.loads(row["tiers"])
        return GuildSettings(
            guild_id=guild_id,
            daily_seconds=row["daily_seconds"],
            guild_daily_seconds=row["guild_daily_seconds"],
            waiting=row["waiting"],
            max_seconds=row["max_seconds"],
            channel_ids=frozenset(json.loads(row["channel_ids"])),
            tiers=MappingProxyType({int(role): seconds for role, seconds in tiers.items()}),
            blocked_ids=frozenset(json.loads(row["blocked_ids"])),
            cooldown_seconds=row["cooldown_seconds"],
            upload_role_ids=frozenset(json.loads(row["upload_role_ids"])),
            log_channel_id=row["log_channel_id"],
        )

    async def set_limits(
        self,
        guild_id: int,
        *,
        daily_seconds: float | None = None,
        guild_daily_seconds: float | None = None,
        waiting: int | None = None,
        max_seconds: float | None = None,
        cooldown_seconds: float | None = None,
    ) -> None:
        """Set a server's limits; None leaves one as it is."""
        await self._write(
            "INSERT INTO guild_settings (guild_id, daily_seconds, guild_daily_seconds, waiting, "
            "max_seconds, cooldown_seconds) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (guild_id) DO UPDATE "
            "SET daily_seconds = COALESCE(excluded.daily_seconds, daily_seconds), "
            "guild_daily_seconds = COALESCE(excluded.guild_daily_seconds, guild_daily_seconds), "
            "waiting = COALESCE(excluded.waiting, waiting), "
            "max_seconds = COALESCE(excluded.max_seconds, max_seconds), "
            "cooldown_seconds = COALESCE(excluded.cooldown_seconds, cooldown_seconds)",
            guild_id, daily_seconds, guild_daily_seconds, waiting, max_seconds, cooldown_seconds,
        )  # fmt: skip

    async def clear_limits(self, guild_id: int) -> None:
        """Reset a server's limits to the configuration."""
        await self._write("DELETE FROM guild_settings WHERE guild_id = ?", guild_id)

    async def set_tier(self, guild_id: int, role_id: int, seconds: float | None) -> None:
        """Set the daily seconds of a role; None removes them."""
        if seconds is None:
            sql = "DELETE FROM guild_tiers WHERE guild_id = ? AND role_id = ?"
            await self._write(sql, guild_id, role_id)
        else:
            sql = "INSERT OR REPLACE INTO guild_tiers VALUES (?, ?, ?)"
            await self._write(sql, guild_id, role_id, seconds)

    async def allow_channel(self, guild_id: int, channel_id: int, allowed: bool) -> None:
        """Add a channel to the list of music channels, or remove it."""
        if allowed:
            sql = "INSERT OR IGNORE INTO guild_channels VALUES (?, ?)"
        else:
            sql = "DELETE FROM guild_channels WHERE guild_id = ? AND channel_id = ?"
        await self._write(sql, guild_id, channel_id)

    async def allow_uploads(self, guild_id: int, role_id: int, allowed: bool) -> None:
        """Add a role to those that may upload sounds, or remove it; an empty list allows all."""
        if allowed:
            sql = "INSERT OR IGNORE INTO upload_roles VALUES (?, ?)"
        else:
            sql = "DELETE FROM upload_roles WHERE guild_id = ? AND role_id = ?"
        await self._write(sql, guild_id, role_id)

    async def set_log_channel(self, guild_id: int, channel_id: int | None) -> None:
        """Set the channel of the server's log; None removes it."""
        if channel_id is None:
            await self._write("DELETE FROM log_channels WHERE guild_id = ?", guild_id)
        else:
            await self._write(
                "INSERT OR REPLACE INTO log_channels VALUES (?, ?)", guild_id, channel_id
            )

    async def is_blocked(self, guild_id: int | None, user_id: int) -> bool:
        """Return whether a person is blocked on a server, or everywhere; None is no server."""
        sql = "SELECT 1 FROM blocked WHERE guild_id IN (?, ?) AND user_id = ?"
        return await self._database.one(sql, (guild_id, EVERYWHERE, user_id)) is not None

    async def block(self, guild_id: int, user_id: int, blocked: bool) -> None:
        """Block a person on a server, or EVERYWHERE, or unblock them there."""
        if blocked:
            sql = "INSERT OR IGNORE INTO blocked VALUES (?, ?)"
        else:
            sql = "DELETE FROM blocked WHERE guild_id = ? AND user_id = ?"
        await self._write(sql, guild_id, user_id)

    async def metadata(self, name: str) -> str | None:
        """Return a value of this installation by name, or None."""
        row = await self._database.one("SELECT value FROM facts WHERE name = ?", (name,))
        return None if row is None else str(row["value"])

    async def set_metadata(self, name: str, value: str) -> None:
        """Set a value of this installation."""
        await self._write("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, value)

    async def _write(self, sql: str, *values: object) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(sql, values)
