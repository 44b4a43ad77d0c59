"""Routes of the application, users and command registration."""

from __future__ import annotations

from typing import Any

from bot.demo.discord.refusals import Refusal
from bot.demo.discord.routes.route import ApiRequest, as_id, route
from bot.demo.discord.state import Discord


async def _me(discord: Discord, request: ApiRequest) -> dict[str, Any]:
    return discord.me.as_json()


async def _application(discord: Discord, request: ApiRequest) -> dict[str, Any]:
    return {
        "id": str(discord.application_id),
        "name": discord.me.name,
        "description": "",
        "icon": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "owner": discord.owner.as_json(),
        "verify_key": "0" * 64,
        "flags": 0,
        "approximate_guild_count": len(discord.guilds),
    }


async def _gateway(discord: Discord, request: ApiRequest) -> dict[str, Any]:
    starts = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
    return {
        "url": discord.gateway_url,
        "shards": discord.gateway.shards,
        "session_start_limit": starts,
    }


async def _user(discord: Discord, request: ApiRequest, user_id: str) -> dict[str, Any]:
    return discord.person_of(int(user_id)).as_json()


async def _open_dm(discord: Discord, request: ApiRequest) -> dict[str, Any]:
    person = discord.person_of(as_id(request.body().get("recipient_id")))
    if person is discord.me:
        raise Refusal(400, 50007)
    return discord.dm_of(person).as_json(discord.me)


def _check_app(discord: Discord, app_id: str) -> None:
    if int(app_id) != discord.application_id:
        raise Refusal(403, 20012, body={"message": "Another app's"})


def _changed(discord: Discord) -> None:
    for person in discord.people.values():
        discord.feeds.tell(person, "commands_update")


async def _list(
    discord: Discord, request: ApiRequest, app_id: str, guild_id: str | None = None
) -> list[dict[str, Any]]:
    _check_app(discord, app_id)
    return discord.commands.all_in(int(guild_id) if guild_id else None)


async def _replace(
    discord: Discord, request: ApiRequest, app_id: str, guild_id: str | None = None
) -> list[dict[str, Any]]:
    _check_app(discord, app_id)
    if not isinstance(request.payload, list):
        raise Refusal(400, 50109)
    stored = discord.commands.replace(int(guild_id) if guild_id else None, request.payload)
    _changed(discord)
    return stored


async def _add(
    discord: Discord, request: ApiRequest, app_id: str, guild_id: str | None = None
) -> dict[str, Any]:
    _check_app(discord, app_id)
    stored = discord.commands.add(int(guild_id) if guild_id else None, request.body())
    _changed(discord)
    return stored


async def _read(
    discord: Discord, request: ApiRequest, app_id: str, command_id: str
) -> dict[str, Any]:
    _check_app(discord, app_id)
    return discord.commands.find(int(command_id))


async def _remove(discord: Discord, request: ApiRequest, app_id: str, command_id: str) -> None:
    _check_app(discord, app_id)
    discord.commands.remove(None, int(command_id))
    _changed(discord)


ROUTES = (
    route("GET", "/users/@me", _me),
    route("GET", "/oauth2/applications/@me", _application),
    route("GET", "/applications/@me", _application),
    route("GET", "/gateway/bot", _gateway),
    route("GET", "/users/{}", _user),
    route("POST", "/users/@me/channels", _open_dm),
    route("GET", "/applications/{}/commands", _list),
    route("PUT", "/applications/{}/commands", _replace),
    route("POST", "/applications/{}/commands", _add),
    route("GET", "/applications/{}/commands/{}", _read),
    route("DELETE", "/applications/{}/commands/{}", _remove),
    route("GET", "/applications/{}/guilds/{}/commands", _list),
    route("PUT", "/applications/{}/guilds/{}/commands", _replace),
    route("POST", "/applications/{}/guilds/{}/commands", _add),
)
