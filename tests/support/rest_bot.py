"""A bot that sends single requests to the demo's Discord, to test its responses."""

from __future__ import annotations

import time
from dataclasses import replace

from bot.demo.discord.rest import Rest
from bot.demo.discord.routes.route import ApiRequest
from bot.demo.discord.state import Discord

FORM, MODAL_KIND = 50035, 9
CHOSEN = {"name": "pick", "description": "Pick", "options": []}


class RestBot:
    """Sends requests with the bot's token, or with those of interactions."""

    def __init__(self, discord):
        self.discord, self.rest = discord, Rest(discord)
        for name, limit in discord.buckets.limits.items():
            discord.buckets.limits[name] = replace(limit, requests=10_000)
        discord.buckets.whole = replace(discord.buckets.whole, requests=10_000)

    async def ask(self, method, path, payload=None, *, files=(), query=None):
        """Send a request; return its response."""
        request = ApiRequest(
            method,
            path,
            time.perf_counter(),
            {} if payload is None else payload,
            list(files),
            f"Bot {self.discord.token}",
            query or {},
        )
        return await self.rest.answer(request)

    async def post(self, channel, *, files=(), **payload):
        """Post a message."""
        return await self.ask("POST", f"/channels/{channel.id}/messages", payload, files=files)

    async def posted(self, channel, **payload):
        """Post a message that must be accepted, and return it."""
        answer = await self.post(channel, **payload)
        assert answer.status == 200, answer.body
        return channel.messages[int(answer.body["id"])]

    async def register(self, *commands):
        """Register global commands."""
        path = f"/applications/{self.discord.application_id}/commands"
        return await self.ask("PUT", path, list(commands))

    async def respond(self, interaction, kind, data=None, *, files=()):
        """Answer an interaction."""
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        return await self.ask("POST", path, {"type": kind, "data": data or {}}, files=files)

    async def follow(self, interaction, **payload):
        """Send a follow-up."""
        return await self.ask("POST", self.hook(interaction), payload)

    def hook(self, interaction):
        """Return the URL of an interaction's messages."""
        return f"/webhooks/{self.discord.application_id}/{interaction.token}"


def code_of(answer):
    """Return the error code of a response, 0 if there is none."""
    return answer.body["code"] if answer.status >= 400 else 0


def faults(answer):
    """Return the paths of the errors in a form."""

    def walk(place, path):
        for name, inside in place.items():
            if name == "_errors":
                yield path
            else:
                yield from walk(inside, f"{path}.{name}" if path else name)

    return set(walk(answer.body.get("errors", {}), ""))


def open_world(clock=None, **names):
    """Return a Discord without a network, and a bot that sends it requests."""
    discord = Discord(clock or time.time, **names)
    return discord, RestBot(discord)


async def a_command(bot, **about):
    """Register one command, and return its id."""
    answer = await bot.register({"name": "do", "description": "Do it"} | about)
    assert answer.status == 200, answer.body
    return int(answer.body[0]["id"])
