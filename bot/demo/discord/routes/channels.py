"""Routes of channels and threads, with the bot's token."""

from __future__ import annotations

from typing import Any

from bot.demo.discord.channels import Channel, ChannelType
from bot.demo.discord.posting import send_channel_event
from bot.demo.discord.refusals import Problems, Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.routes.messages import find_message
from bot.demo.discord.routes.route import ApiRequest, route
from bot.demo.discord.shapes import CHANNEL, check_shape
from bot.demo.discord.snowflakes import iso_time
from bot.demo.discord.state import Discord
from bot.demo.discord.threads import (
    add_to_thread,
    begin_thread,
    remove_from_thread,
    set_archived,
)
from bot.demo.discord.voice.moves import set_status

_PRIVATE = 12


async def _read(discord: Discord, request: ApiRequest, channel_id: str) -> dict[str, Any]:
    return discord.channel_for(discord.me, int(channel_id)).as_json(discord.me)


async def _change(discord: Discord, request: ApiRequest, channel_id: str) -> dict[str, Any]:
    channel, body = discord.channel_for(discord.me, int(channel_id)), request.body()
    check_shape(body, CHANNEL)
    if channel.guild is None:
        raise Refusal(403, 50003)
    rights = discord.rights_of(discord.me, channel)
    is_own = channel.thread is not None and channel.thread.owner is discord.me
    needed = Right.MANAGE_CHANNELS if channel.thread is None else Right.MANAGE_THREADS
    if not rights & needed and (not is_own or "locked" in body):
        raise Refusal(403, 50013)
    problems = Problems()
    problems.text("name", body.get("name"), 100)
    problems.text("topic", body.get("topic"), 1024)
    problems.number("rate_limit_per_user", body.get("rate_limit_per_user"), 0, 21_600)
    problems.check()
    channel.name = body.get("name") or channel.name
    channel.topic = body.get("topic", channel.topic)
    channel.slow_seconds = body.get("rate_limit_per_user", channel.slow_seconds)
    if channel.thread is not None and ("archived" in body or "locked" in body):
        is_archived = bool(body.get("archived", channel.thread.is_archived))
        await set_archived(discord, channel, is_archived=is_archived, is_locked=body.get("locked"))
    else:
        await send_channel_event(discord, "update", channel)
    return channel.as_json(discord.me)


async def _set_voice_status(discord: Discord, request: ApiRequest, channel_id: str) -> None:
    channel, body = discord.channel_for(discord.me, int(channel_id)), request.body()
    if channel.type is not ChannelType.VOICE:
        raise Refusal(400, 50024)
    needed = Right.SET_VOICE_CHANNEL_STATUS
    if discord.me not in discord.voice.people_in(channel):
        needed |= Right.MANAGE_CHANNELS
    if discord.rights_of(discord.me, channel) & needed != needed:
        raise Refusal(403, 50013)
    problems = Problems()
    problems.text("status", body.get("status"), 500)
    problems.check()
    await set_status(discord, channel, body.get("status") or None)


async def _begin_thread(
    discord: Discord, request: ApiRequest, channel_id: str, message_id: str | None = None
) -> dict[str, Any]:
    body = request.body()
    check_shape(body, CHANNEL)
    channel = discord.channel_for(discord.me, int(channel_id))
    message = find_message(discord, channel_id, message_id) if message_id else None
    thread = await begin_thread(
        discord,
        discord.me,
        channel,
        str(body.get("name") or ""),
        message=message,
        is_private=message is None and body.get("type", _PRIVATE) == _PRIVATE,
        archive_minutes=body.get("auto_archive_duration") or 1440,
    )
    return thread.as_json(discord.me)


async def _join(discord: Discord, request: ApiRequest, thread_id: str) -> None:
    await add_to_thread(discord, _thread(discord, thread_id), discord.me)


async def _leave(discord: Discord, request: ApiRequest, thread_id: str) -> None:
    await remove_from_thread(discord, _thread(discord, thread_id), discord.me)


async def _add(discord: Discord, request: ApiRequest, thread_id: str, user_id: str) -> None:
    channel = _thread(discord, thread_id)
    if not discord.rights_of(discord.me, channel) & Right.SEND_MESSAGES:
        raise Refusal(403, 50013)
    await add_to_thread(discord, channel, discord.person_of(int(user_id)))


async def _remove(discord: Discord, request: ApiRequest, thread_id: str, user_id: str) -> None:
    channel = _thread(discord, thread_id)
    if not discord.rights_of(discord.me, channel) & Right.MANAGE_THREADS:
        raise Refusal(403, 50013)
    await remove_from_thread(discord, channel, discord.person_of(int(user_id)))


async def _members(discord: Discord, request: ApiRequest, thread_id: str) -> list[dict[str, Any]]:
    channel = _thread(discord, thread_id)
    members = channel.thread.members if channel.thread else {}
    return [
        {
            "id": str(channel.id),
            "user_id": str(person_id),
            "join_timestamp": iso_time(joined_at),
            "flags": 0,
        }
        for person_id, joined_at in members.items()
    ]


def _thread(discord: Discord, thread_id: str) -> Channel:
    return discord.channel_for(discord.me, int(thread_id))


ROUTES = (
    route("GET", "/channels/{}", _read),
    route("PATCH", "/channels/{}", _change, "edit"),
    route("PUT", "/channels/{}/voice-status", _set_voice_status),
    route("POST", "/channels/{}/threads", _begin_thread, "post"),
    route("POST", "/channels/{}/messages/{}/threads", _begin_thread, "post"),
    route("PUT", "/channels/{}/thread-members/@me", _join),
    route("DELETE", "/channels/{}/thread-members/@me", _leave),
    route("PUT", "/channels/{}/thread-members/{}", _add),
    route("DELETE", "/channels/{}/thread-members/{}", _remove),
    route("GET", "/channels/{}/thread-members", _members),
)
