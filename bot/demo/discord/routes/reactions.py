"""Routes of reactions and polls, with the bot's token."""

from __future__ import annotations

from typing import Any

from bot.demo.discord.actions import talk
from bot.demo.discord.message_json import message_json
from bot.demo.discord.poll_results import end_poll
from bot.demo.discord.reactions import read_emoji
from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.routes.messages import find_message
from bot.demo.discord.routes.route import ApiRequest, as_id, limit_of, route
from bot.demo.discord.state import Discord


async def _react(
    discord: Discord, request: ApiRequest, channel_id: str, message_id: str, emoji: str
) -> None:
    message = find_message(discord, channel_id, message_id)
    if not discord.rights_of(discord.me, message.channel) & Right.READ_MESSAGE_HISTORY:
        raise Refusal(403, 50013)
    await talk.react(discord, discord.me, int(channel_id), int(message_id), emoji)


async def _unreact(
    discord: Discord, request: ApiRequest, channel_id: str, message_id: str, emoji: str
) -> None:
    find_message(discord, channel_id, message_id)
    await talk.unreact(discord, discord.me, int(channel_id), int(message_id), emoji)


async def _who_reacted(
    discord: Discord, request: ApiRequest, channel_id: str, message_id: str, emoji: str
) -> list[dict[str, Any]]:
    message = find_message(discord, channel_id, message_id)
    people = message.reactions.by_emoji.get(read_emoji(emoji), {})
    after, limit = as_id(request.query.get("after", 0)), limit_of(request, usual=25, most=100)
    found = [people[each] for each in sorted(people) if each > after]
    return [each.as_json() for each in found[:limit]]


async def _voters(
    discord: Discord, request: ApiRequest, channel_id: str, message_id: str, answer_id: str
) -> dict[str, Any]:
    message = find_message(discord, channel_id, message_id)
    if message.poll is None or not 1 <= int(answer_id) <= len(message.poll.answers):
        raise Refusal(400, 520006)
    voters = message.poll.votes.get(int(answer_id), {})
    after, limit = as_id(request.query.get("after", 0)), limit_of(request, usual=25, most=100)
    found = [voters[each] for each in sorted(voters) if each > after]
    return {"users": [each.as_json() for each in found[:limit]]}


async def _end_poll(
    discord: Discord, request: ApiRequest, channel_id: str, message_id: str
) -> dict[str, Any]:
    message = find_message(discord, channel_id, message_id)
    await end_poll(discord, message, discord.me)
    return message_json(message, discord.base, discord.me)


_REACTION = "/channels/{}/messages/{}/reactions/([^/]+)"
ROUTES = (
    route("PUT", f"{_REACTION}/@me", _react, "react"),
    route("DELETE", f"{_REACTION}/@me", _unreact, "react"),
    route("GET", _REACTION, _who_reacted),
    route("GET", "/channels/{}/polls/{}/answers/{}", _voters),
    route("POST", "/channels/{}/polls/{}/expire", _end_poll, "post"),
)
