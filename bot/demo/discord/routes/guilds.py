"""Routes of servers, members and roles, with the bot's token."""

from __future__ import annotations

from typing import Any

from bot.demo.discord.actions.membership import remove_member
from bot.demo.discord.guild import Guild
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.routes.route import ApiRequest, route
from bot.demo.discord.state import Discord


def _guild(discord: Discord, guild_id: str) -> Guild:
    guild = discord.guild_of(int(guild_id))
    if discord.me.id not in guild.members:
        raise Refusal(403, 50001)
    return guild


async def _own(discord: Discord, request: ApiRequest) -> list[dict[str, Any]]:
    return [
        each.as_json() | {"owner": False, "permissions": str(int(each.rights_of(member)))}
        for each in discord.guilds.values()
        if (member := each.members.get(discord.me.id)) is not None
    ]


async def _read(discord: Discord, request: ApiRequest, guild_id: str) -> dict[str, Any]:
    return _guild(discord, guild_id).as_json()


async def _channels(discord: Discord, request: ApiRequest, guild_id: str) -> list[dict[str, Any]]:
    guild = _guild(discord, guild_id)
    return [
        each.as_json()
        for each in discord.channels.values()
        if each.guild is guild and each.thread is None and not each.is_deleted
    ]


async def _threads(discord: Discord, request: ApiRequest, guild_id: str) -> dict[str, Any]:
    guild, now = _guild(discord, guild_id), discord.clock()
    threads = [
        each.as_json()
        for each in discord.channels.values()
        if each.guild is guild
        and each.thread is not None
        and not each.thread.is_archived
        and each.is_seen_by(discord.me, now)
    ]
    return {"threads": threads, "members": []}


async def _roles(discord: Discord, request: ApiRequest, guild_id: str) -> list[dict[str, Any]]:
    return [role.as_json() for role in _guild(discord, guild_id).roles.values()]


async def _member(
    discord: Discord, request: ApiRequest, guild_id: str, user_id: str
) -> dict[str, Any]:
    member = _guild(discord, guild_id).members.get(discord.person_of(int(user_id)).id)
    if member is None:
        raise Refusal(404, 10007)
    return member.as_json()


async def _leave(discord: Discord, request: ApiRequest, guild_id: str) -> None:
    await remove_member(discord, _guild(discord, guild_id), discord.me)


ROUTES = (
    route("GET", "/users/@me/guilds", _own),
    route("DELETE", "/users/@me/guilds/{}", _leave),
    route("GET", "/guilds/{}", _read),
    route("GET", "/guilds/{}/channels", _channels),
    route("GET", "/guilds/{}/threads/active", _threads),
    route("GET", "/guilds/{}/roles", _roles),
    route("GET", "/guilds/{}/members/{}", _member),
)
