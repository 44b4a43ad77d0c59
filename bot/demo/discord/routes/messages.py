"""Routes of messages, with the bot's token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.demo.discord.channels import Channel, ChannelType
from bot.demo.discord.files import File
from bot.demo.discord.gateway import Intent
from bot.demo.discord.message_json import message_json, without_content
from bot.demo.discord.messages import EPHEMERAL, Message, MessageType
from bot.demo.discord.payloads import check_payload, check_rights_to_send
from bot.demo.discord.posting import change, check_open, check_reply, post, remove, send_typing
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.routes.route import ApiRequest, as_id, limit_of, route
from bot.demo.discord.state import Discord


def find_message(discord: Discord, channel_id: str, message_id: str) -> Message:
    """Return a message that the bot's token can access. Raises Refusal."""
    channel = discord.channel_for(discord.me, int(channel_id))
    message = channel.messages.get(int(message_id))
    # Ephemeral messages are accessible with the interaction's token only.
    if message is None or message.is_ephemeral:
        raise Refusal(404, 10008)
    return message


async def _read(
    discord: Discord, request: ApiRequest, channel_id: str, message_id: str
) -> dict[str, Any]:
    message = find_message(discord, channel_id, message_id)
    if not discord.rights_of(discord.me, message.channel) & Right.READ_MESSAGE_HISTORY:
        raise Refusal(403, 50013)
    return _as_app_reads(discord, message)


async def _history(discord: Discord, request: ApiRequest, channel_id: str) -> list[dict[str, Any]]:
    channel = discord.channel_for(discord.me, int(channel_id))
    limit = limit_of(request, usual=50, most=100)
    if not discord.rights_of(discord.me, channel) & Right.READ_MESSAGE_HISTORY:
        return []
    found = sorted(channel.seen, key=lambda each: each.id)
    if "after" in request.query:
        after = as_id(request.query["after"])
        page = [each for each in found if each.id > after][:limit]
    elif "around" in request.query:
        around = as_id(request.query["around"])
        older = [each for each in found if each.id < around]
        first = max(0, len(older) - limit // 2)
        page = found[first : first + limit]
    else:
        before = as_id(request.query.get("before", 1 << 63))
        page = [each for each in found if each.id < before][-limit:]
    return [_as_app_reads(discord, each) for each in reversed(page)]


def _as_app_reads(discord: Discord, message: Message) -> dict[str, Any]:
    """Return a message, without content that the app's intents exclude."""
    shown = message_json(message, discord.base, discord.me)
    may_read = discord.gateway.granted_intents & Intent.MESSAGE_CONTENT
    is_private = message.channel.guild is None
    return shown if may_read or is_private else without_content(shown, discord.me.id)


async def _post(discord: Discord, request: ApiRequest, channel_id: str) -> dict[str, Any]:
    body = request.body()
    files = request.uploads(body)
    channel = discord.channel_for(discord.me, int(channel_id))
    check_open(channel)
    if channel.type is ChannelType.DM and not _takes_dms(discord, channel):
        raise Refusal(403, 50007)
    check_rights_to_send(discord.rights_of(discord.me, channel), body, files)
    earlier = _repeated(discord, channel, body)
    if earlier is not None:
        return message_json(earlier, discord.base, discord.me)
    return await post_as_bot(discord, channel, body, files)


async def post_as_bot(
    discord: Discord, channel: Channel, body: Mapping[str, Any], files: Sequence[File]
) -> dict[str, Any]:
    """Post a message of the bot. Raises Refusal."""
    # Ephemeral messages need an interaction's token.
    payload = dict(body) | {"flags": int(body.get("flags") or 0) & ~EPHEMERAL}
    reference = check_reply(discord, discord.me, channel, body.get("message_reference"))
    check_payload(payload, files, max_file_bytes=discord.max_file_bytes(channel))
    kind = MessageType.REPLY if reference else MessageType.DEFAULT
    message = Message(discord.ids.next(), discord.me, channel, kind, reference=reference)
    if body.get("nonce") is not None:
        discord.nonces[channel.id, str(body["nonce"])] = (discord.clock(), message)
    return await post(discord, message, payload, files)


def _takes_dms(discord: Discord, channel: Channel) -> bool:
    """Return whether the bot may write direct messages to the other person."""
    others = [each for each in channel.recipients if each is not discord.me]
    shared = [
        guild
        for guild in discord.guilds.values()
        if discord.me.id in guild.members and any(each.id in guild.members for each in others)
    ]
    is_known = bool(shared) or any(each.has_app for each in others)
    return is_known and all(each.takes_dms for each in others)


def _repeated(discord: Discord, channel: Channel, body: Mapping[str, Any]) -> Message | None:
    """Return the message recently sent with the same nonce, or None."""
    known = discord.nonces.get((channel.id, str(body.get("nonce"))))
    if not body.get("enforce_nonce") or known is None:
        return None
    since, message = known
    if discord.clock() - since >= discord.nonce_seconds:
        return None
    if message.id not in channel.messages:
        raise Refusal(404, 10008)
    return message


async def _edit(
    discord: Discord, request: ApiRequest, channel_id: str, message_id: str
) -> dict[str, Any]:
    message = find_message(discord, channel_id, message_id)
    if message.author is not discord.me:
        raise Refusal(403, 50005)
    check_not_archived(message.channel)
    return await edit_as_bot(discord, message, request)


def check_not_archived(channel: Channel) -> None:
    """Check that a thread is not archived. Raises Refusal."""
    if channel.thread is not None and channel.thread.is_archived:
        raise Refusal(400, 50083)


async def edit_as_bot(discord: Discord, message: Message, request: ApiRequest) -> dict[str, Any]:
    """Edit a message of the bot. Raises Refusal."""
    body = request.body()
    files = request.uploads(body)
    if message.type not in (
        MessageType.DEFAULT, MessageType.REPLY, MessageType.COMMAND, MessageType.MENU_COMMAND,
    ):  # fmt: skip
        raise Refusal(403, 50021)
    most = discord.max_file_bytes(message.channel)
    check_payload(body, files, max_file_bytes=most, edited=message)
    return await change(discord, message, body, files)


async def _delete(discord: Discord, request: ApiRequest, channel_id: str, message_id: str) -> None:
    message = find_message(discord, channel_id, message_id)
    rights = discord.rights_of(discord.me, message.channel)
    may = message.channel.guild is not None and rights & Right.MANAGE_MESSAGES
    if message.author is not discord.me and not may:
        raise Refusal(403, 50013 if message.channel.guild else 50003)
    await remove(discord, message)


async def _typing(discord: Discord, request: ApiRequest, channel_id: str) -> None:
    channel = discord.channel_for(discord.me, int(channel_id))
    if not discord.rights_of(discord.me, channel) & Right.SEND_MESSAGES:
        raise Refusal(403, 50013)
    send_typing(discord, discord.me, channel)


ROUTES = (
    route("GET", "/channels/{}/messages/{}", _read),
    route("GET", "/channels/{}/messages", _history),
    route("POST", "/channels/{}/messages", _post, "post"),
    route("PATCH", "/channels/{}/messages/{}", _edit, "edit"),
    route("DELETE", "/channels/{}/messages/{}", _delete, "delete"),
    route("POST", "/channels/{}/typing", _typing, "post"),
)
