"""A Discord at the wire, for tests: REST, gateway and files on loopback, met by a stock discord.py.

SimCord plays Discord inside of discord.py; here the bytes travel, so that limits, retries, resets,
resumes and tokens are the real thing. All that it knows of Discord stands in the documentation.
With the bot on it: `tests.support.discord_wire.stage`.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import discord
import yarl
from aiohttp import web

from tests.support.discord_wire.faults import Buckets, Fault, Limit
from tests.support.discord_wire.files import File, new_id
from tests.support.discord_wire.gateway import Gateway
from tests.support.discord_wire.messages import RIGHTS, Channel, Interaction, Message, Person
from tests.support.discord_wire.rest import Rest
from tests.support.discord_wire.routes import ACK_SECONDS, NONCE_SECONDS

# Of the right form, and nobody's.
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde." + "x" * 38
TOKEN_SECONDS = 15 * 60.0
PATIENCE_SECONDS = 60.0
_MIB = 2**20


class Wire:
    """The state of a server and its people, and what a bot did there."""

    def __init__(self, clock=time.time):
        self.clock = clock
        self.token = TOKEN
        self.ack_seconds = ACK_SECONDS
        self.upload_limit_bytes = 10 * _MIB
        self.nonce_seconds = NONCE_SECONDS
        self.granted_intents = 0
        self.buckets = Buckets({name: Limit(5, 5.0) for name in ("post", "edit", "webhook")})
        self.buckets.limits["delete"] = Limit(5, 1.0)
        self.me, self.owner = Person("zhiyin", is_bot=True), Person("chief")
        self.application_id = self.me.id
        self.guild_id = new_id()
        self.people = {person.id: person for person in (self.me, self.owner)}
        self.channels: dict[int, Channel] = {}
        self.interactions: dict[str, Interaction] = {}
        self.cdn: dict[int, File] = {}
        self.commands: dict[str, Any] = {}
        self.faults: list[Fault] = []
        self.asked: list[Any] = []
        self.unknown: list[str] = []
        """Requests of the bot that are not implemented here."""
        self.gateway, self.rest = Gateway(self), Rest(self)
        self.base = self.gateway_url = ""
        self._change = asyncio.Event()

    # The server.

    def person(self, name):
        """Let somebody join."""
        person = Person(name)
        self.people[person.id] = person
        return person

    def channel(self, name):
        """Create a channel; bots that are connected get no event."""
        channel = Channel(name, guild_id=self.guild_id)
        self.channels[channel.id] = channel
        return channel

    def person_of(self, user_id):
        return self.people[user_id]

    def dm_of(self, person):
        """The direct messages between the bot and someone."""
        for channel in self.channels.values():
            if channel.recipient is person:
                return channel
        channel = Channel("", recipient=person)
        self.channels[channel.id] = channel
        return channel

    def guild_json(self):
        places = [each.as_json() for each in self.channels.values() if each.guild_id is not None]
        everyone = {
            "id": str(self.guild_id),
            "name": "@everyone",
            "permissions": RIGHTS,
            "position": 0,
            "color": 0,
            "hoist": False,
            "managed": False,
            "mentionable": False,
        }
        return {
            "id": str(self.guild_id),
            "name": "The jam",
            "owner_id": str(self.owner.id),
            "roles": [everyone],
            "channels": places,
            "members": [self.me.as_member()],
            "member_count": len(self.people),
            "premium_tier": 0,
        }

    # What people do.

    async def slash(self, user, channel, command, **options):
        """Use a command; return its interaction when it is acknowledged."""
        interaction = await self.send_slash(user, channel, command, **options)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await interaction.acknowledged.wait()
        return interaction

    async def send_slash(self, user, channel, command, **options):
        """Use a command and don't wait for the answer."""
        interaction = self.new_slash(user, channel, command, **options)
        await self.send(interaction)
        return interaction

    async def send(self, interaction):
        """Send an interaction to the bot; its time runs from now on."""
        said = interaction.as_json(self)
        interaction.expires_at = self.clock() + TOKEN_SECONDS
        interaction.sent_at = time.perf_counter()
        await self.gateway.dispatch("INTERACTION_CREATE", said)

    def new_slash(self, user, channel, command, **options):
        """Return a command that is about to be used; a File is an attachment."""
        known = {option["name"]: option["type"] for option in self.commands[command]["options"]}
        values, files = [], {}
        for name, value in options.items():
            if isinstance(value, File):
                self.cdn[value.id] = value
                files[str(value.id)] = value.as_json(self.base)
                value = str(value.id)
            values.append({"name": name, "type": known[name], "value": value})
        data = {"id": self.commands[command]["id"], "name": command, "type": 1, "options": values}
        if files:
            data["resolved"] = {"attachments": files}
        return self._remember(Interaction(user, channel, data))

    def new_press(self, user, message, label):
        """Return a press that is about to happen: of the button with that label."""
        data = {"component_type": 2, "custom_id": message.buttons[label]}
        return self._remember(Interaction(user, message.channel, data, type=3, source=message))

    def _remember(self, interaction):
        self.interactions[interaction.token] = interaction
        return interaction

    def say(self, user, channel, text):
        """Let somebody write what is no affair of the bot's, which hears nothing of it."""
        message = Message(user, channel)
        message.take({"content": text}, [])
        channel.messages[message.id] = message
        return message

    async def write(self, user, channel, text, *, reply_to=None, mentions=True, files=()):
        """Write a message and return it; `mentions` types a mention of the bot before the text.

        A reply to a message of the bot pings it, whatever is typed.
        """
        message = Message(user, channel, reference_id=reply_to.id if reply_to else None)
        pinged = reply_to is not None and reply_to.author is self.me
        message.mentions = [self.me] if mentions or pinged or self._is_typed(text) else []
        message.take({"content": f"<@{self.me.id}> {text}" if mentions else text}, [])
        message.files = list(files)
        self.cdn |= {file.id: file for file in files}
        channel.messages[message.id] = message
        await self._tell_of("MESSAGE_CREATE", message)
        return message

    async def edit(self, message, text):
        """Let its author edit a message."""
        message.take({"content": text}, [])
        message.mentions = [self.me] if self._is_typed(text) else message.mentions
        await self._tell_of("MESSAGE_UPDATE", message)

    def _is_typed(self, text):
        return f"<@{self.me.id}>" in text

    async def _tell_of(self, event, message):
        guild_id = message.channel.guild_id
        member = message.author.as_member(with_user=False)
        place = {"guild_id": str(guild_id), "member": member} if guild_id else {}
        await self.gateway.dispatch(event, message.as_json(self.base) | place)

    # What goes wrong.

    def fail(self, method, path, **fault):
        """Inject a fault into a route (see Fault); return it, which counts its hits."""
        self.faults.append(Fault(method, path, **fault))
        return self.faults[-1]

    def expire_tokens(self):
        """Expire all interaction tokens."""
        for interaction in self.interactions.values():
            interaction.expires_at = 0.0

    # What can be seen.

    def changed(self):
        self._change.set()

    async def until(self, is_so, seconds=PATIENCE_SECONDS):
        """Wait for a condition, checked after each request of the bot."""
        async with asyncio.timeout(seconds):
            while not (found := is_so()):
                self._change.clear()
                await self._change.wait()
        return found

    def requests(self, method, part=""):
        """All requests of a kind so far."""
        return [each for each in self.asked if each.method == method and part in each.path]

    def with_clips(self):
        """Every message that has a clip, wherever it is."""
        places = self.channels.values()
        return [each for place in places for each in place.messages.values() if each.clips]

    async def send_file(self, request):
        return await self.cdn[int(request.match_info["id"])].send(request)


@asynccontextmanager
async def open_wire(clock=time.time):
    """Open a Discord on loopback, for `point_discord_at`; unknown routes fail at the end."""
    wire = Wire(clock)
    app = web.Application(client_max_size=256 * _MIB)
    app.router.add_route("*", "/api/v10/{path:.*}", wire.rest.handle)
    app.router.add_get("/gateway", wire.gateway.handle)
    app.router.add_get("/attachments/{id}/{name}", wire.send_file)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        wire.base = "http://{}:{}".format(*runner.addresses[0])
        wire.gateway_url = wire.base.replace("http", "ws") + "/gateway"
        yield wire
    finally:
        await wire.gateway.close()
        await runner.cleanup()
    assert not wire.unknown, f"this Discord does not know {wire.unknown}"


@contextmanager
def point_discord_at(base):
    """Let discord.py use a server on this machine as Discord."""
    before = discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    discord.http.Route.BASE = f"{base}/api/v10"
    gateway = yarl.URL(base.replace("http", "ws") + "/gateway")
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = gateway
    try:
        yield
    finally:
        discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = before
