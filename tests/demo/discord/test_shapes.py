"""Malformed requests: every one gets a response, and nothing breaks."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bot.demo.discord.actions import commands
from tests.support.rest_bot import a_command, open_world

ANYTHING: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    10**20,
    "x",
    "",
    [],
    {},
    ["x"],
    {"x": 1},
    [None],
    [[]],
    [{}],
)
SELECT = {"type": 3, "custom_id": "s", "options": [{"label": "l", "value": "v"}]}
MESSAGE = {
    "content": "x",
    "nonce": "n",
    "flags": 0,
    "embeds": [
        {
            "title": "t",
            "footer": {"text": "f"},
            "author": {"name": "a"},
            "fields": [{"name": "n", "value": "v"}],
            "image": {"url": "https://x"},
        }
    ],
    "components": [
        {"type": 1, "components": [{"type": 2, "style": 1, "label": "l", "custom_id": "c"}]},
        {"type": 1, "components": [SELECT]},
    ],
    "allowed_mentions": {"parse": [], "users": ["1"], "roles": []},
    "message_reference": {"message_id": "1", "fail_if_not_exists": False},
    "attachments": [{"id": 0, "filename": "a.txt", "description": "d"}],
    "poll": {
        "question": {"text": "q"},
        "answers": [{"poll_media": {"text": "a", "emoji": {"name": "🎸"}}}],
        "duration": 1,
    },
}
COMMAND = {
    "name": "do",
    "description": "d",
    "type": 1,
    "name_localizations": {"de": "mach"},
    "contexts": [0],
    "options": [
        {"type": 3, "name": "o", "description": "d", "choices": [{"name": "n", "value": "v"}]},
    ],
}
MODAL = {
    "type": 9,
    "data": {
        "title": "t",
        "custom_id": "m",
        "components": [
            {"type": 18, "label": "l", "component": {"type": 4, "custom_id": "i", "style": 1}},
            {"type": 18, "label": "l", "component": SELECT},
        ],
    },
}


def places(node, path=()):
    """Yield the paths of all values within a value."""
    yield path
    if isinstance(node, dict | list):
        inside = node.items() if isinstance(node, dict) else enumerate(node)
        for name, each in inside:
            yield from places(each, (*path, name))


def changed(payload, path, value):
    """Return a payload with another value in one place."""
    if not path:
        return value
    payload = copy.deepcopy(payload)
    node = payload
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] = value
    return payload


KINDS: dict[str, Any] = {"message": MESSAGE, "commands": [COMMAND], "modal": MODAL}


@pytest.mark.parametrize("kind", KINDS)
async def test_any_payload_gets_a_response(kind):
    """With any value at any path of a request: success or a refusal."""
    discord, bot = open_world()
    channel, refused = discord.add_channel("music"), 0
    known = await a_command(bot)
    for path in places(KINDS[kind]):
        for value in ANYTHING:
            payload = changed(KINDS[kind], path, value)
            if kind == "message":
                asked = ("POST", f"/channels/{channel.id}/messages")
            elif kind == "commands":
                asked = ("PUT", f"/applications/{discord.application_id}/guilds/1/commands")
            else:
                used = await commands.use_command(discord, discord.owner, channel.id, known)
                asked = ("POST", f"/interactions/{used.id}/{used.token}/callback")
                used.deadline.cancel()
            answer = await bot.ask(*asked, payload)
            assert answer.status in (200, 400, 403, 404), (payload, answer)
            refused += answer.status == 400
    assert refused > 100
