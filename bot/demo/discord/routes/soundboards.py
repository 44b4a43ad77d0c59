"""Routes of soundboards, with the bot's token."""

from __future__ import annotations

from typing import Any

from bot.demo.discord.guild import Guild
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.routes.route import ApiRequest, route
from bot.demo.discord.state import Discord
from bot.demo.discord.voice.soundboards import (
    create_sound,
    delete_sound,
    find_sound,
    sounds_of,
)


def _guild(discord: Discord, guild_id: str) -> Guild:
    guild = discord.guild_of(int(guild_id))
    if discord.me.id not in guild.members:
        raise Refusal(403, 50001)
    return guild


async def _list(discord: Discord, request: ApiRequest, guild_id: str) -> dict[str, Any]:
    guild = _guild(discord, guild_id)
    return {"items": [each.as_json() for each in sounds_of(discord, guild)]}


async def _read(
    discord: Discord, request: ApiRequest, guild_id: str, sound_id: str
) -> dict[str, Any]:
    return find_sound(discord, _guild(discord, guild_id), int(sound_id)).as_json()


async def _create(discord: Discord, request: ApiRequest, guild_id: str) -> dict[str, Any]:
    guild = _guild(discord, guild_id)
    return (await create_sound(discord, guild, discord.me, request.body())).as_json()


async def _delete(discord: Discord, request: ApiRequest, guild_id: str, sound_id: str) -> None:
    await delete_sound(discord, _guild(discord, guild_id), discord.me, int(sound_id))


ROUTES = (
    route("GET", "/guilds/{}/soundboard-sounds", _list),
    route("POST", "/guilds/{}/soundboard-sounds", _create),
    route("GET", "/guilds/{}/soundboard-sounds/{}", _read),
    route("DELETE", "/guilds/{}/soundboard-sounds/{}", _delete),
)
