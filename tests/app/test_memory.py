"""The bot's memory does not grow with the number of people."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from typing import Any
from weakref import WeakValueDictionary

from bot.app.services.words import WordService
from cogs.requests.steering_cooldown import SteeringCooldown
from tests.support.simulated_server import open_server

PEOPLE = 600
FIRST_ID = 8 * 10**17
CONTAINERS = (dict, set, list, deque, WeakValueDictionary)
OWN = ("bot.", "cogs.", "discord.")
SLACK = 100
"""What may be there for a while: tasks that run, what waits to be sent."""


def sizes(root):
    """Return the size of every container reachable from an object, by path.

    Through our own objects, and through what discord.py caches.
    """
    found, seen, ways = {}, set(), deque([("bot", root)])
    while ways:
        way, each = ways.popleft()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, asyncio.Queue):
            each = vars(each)["_queue"]
        if isinstance(each, CONTAINERS):
            found[way] = len(each)
            values = each.values() if hasattr(each, "values") else each
            inner = [(f"{way}[]", value) for value in list(values)[:SLACK]]
        else:
            if not any(kind.__module__.startswith(OWN) for kind in type(each).__mro__):
                continue
            names = [*getattr(each, "__dict__", ()), *slots_of(type(each))]
            inner = [(f"{way}.{name}", getattr(each, name, None)) for name in names]
        ways.extend(inner)
    return found


def slots_of(kind):
    """Return the slots of a class and of its bases."""
    slots = (getattr(each, "__slots__", ()) for each in kind.__mro__)
    return [name for own in slots for name in ([own] if isinstance(own, str) else own)]


def message(server, number):
    """A message payload of a person never seen before."""
    who = {"id": str(FIRST_ID + number), "username": f"p{number}", "discriminator": "0",
           "avatar": None, "global_name": None}  # fmt: skip
    member = {"roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False,
              "flags": 0}  # fmt: skip
    place = {"channel_id": str(server.channel.id), "guild_id": str(server.guild.id)}
    event: dict[str, Any] = place | {
        "id": str(FIRST_ID * 2 + number), "author": who, "member": member, "content": "hello",
        "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "tts": False,
        "mention_everyone": False, "mentions": [], "mention_roles": [], "attachments": [],
        "embeds": [], "pinned": False, "type": 0, "components": [],
    }  # fmt: skip
    return event, who, member, place


def meet(server, number):
    """Send the bot every kind of event that it listens to, of one person."""
    parsers = server.bot._connection.parsers
    event, who, member, place = message(server, number)
    parsers["MESSAGE_CREATE"](event)
    parsers["MESSAGE_REACTION_ADD"](
        place | {"user_id": who["id"], "message_id": event["id"], "type": 0, "burst": False,
                 "emoji": {"id": None, "name": "x"}, "member": member | {"user": who}}
    )  # fmt: skip
    for channel_id in (place["channel_id"], None):
        parsers["VOICE_STATE_UPDATE"](
            {"guild_id": place["guild_id"], "channel_id": channel_id, "user_id": who["id"],
             "member": member | {"user": who}, "session_id": "s", "deaf": False, "mute": False,
             "self_deaf": False, "self_mute": False, "self_video": False, "suppress": False,
             "request_to_speak_timestamp": None}
        )  # fmt: skip
    parsers["MESSAGE_CREATE"](
        {key: value for key, value in event.items() if key not in ("guild_id", "member")}
        | {"id": str(FIRST_ID * 3 + number), "channel_id": str(FIRST_ID * 4 + number)}
    )


async def test_memory_does_not_grow_with_the_number_of_people(tmp_path):
    """People who write, react, join and leave voice channels, or send direct messages."""
    async with open_server(tmp_path) as server:
        await server.music(seconds=1.0)
        await server.idle()
        before = sizes(server.bot)
        for number in range(PEOPLE):
            meet(server, number)
            with server.pipeline.uploads.reserve(number):
                pass
            server.bot.service.languages.of_person(number, "de")
            if number % 100 == 0:
                await asyncio.sleep(0)
        await server.idle()
        async with asyncio.timeout(60):
            while len(asyncio.all_tasks()) > SLACK:
                await asyncio.sleep(0.01)
        gc.collect()
        after = sizes(server.bot)
    grown = {way: size for way, size in after.items() if size > before.get(way, 0) + SLACK}
    # discord.py caches the latest 128 channels of direct messages.
    assert all(size <= 130 for size in grown.values()), grown
    assert len(before) > 100
    assert {"_answering", "_users", "_reported", "_reading"} <= {
        way.rpartition(".")[2] for way in before
    }


def test_records_of_shown_notices_expire():
    """Cooldowns of steering, and notices about unknown words."""
    now = 1000.0
    pauses = SteeringCooldown(lambda: now)
    for person in range(5000):
        now += 1.0
        pauses.note(person)
        pauses.should_tell_to_wait(person)
    assert max(sizes(pauses).values()) <= 100
    words = WordService(frozenset({"rock"}))
    for person in range(20_000):
        words.new_unknown(person, "xyzzy")
    assert len(words._reported) <= 10_000
