"""The demo's Discord over HTTP for tests: it can fail, and it records requests.

SimCord simulates Discord within discord.py; here bytes are sent, so that rate limits, retries,
resets, resumes and tokens are real. With the bot on it: `tests.support.discord_wire.stage`.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress

from bot.demo.discord import server
from bot.demo.discord.actions import commands, components, talk
from bot.demo.discord.messages import Message
from bot.demo.discord.sending import send
from bot.demo.discord.snowflakes import Snowflakes
from bot.demo.discord.state import Discord
from tests.support.discord_wire.faults import Fault, Faults
from tests.support.discord_wire.files import File
from tests.support.discord_wire.gateway import Gateway

# Of the right form, but not a real token.
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde." + "x" * 38
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 60.0


class Wire(Discord):
    """A simulated Discord, the bot's requests, and injected faults."""

    def __init__(self, clock=time.time):
        # Clocks of tests stand still, and ids are needed to order messages by time.
        super().__init__(clock, ids=Snowflakes(time.time), bot_name="zhiyin")
        self.token = TOKEN
        # A busy machine is no fault of the bot's: `simulated_server` counts what it waits for.
        self.ack_seconds = PATIENCE_SECONDS
        self.upload_limit_bytes: int | None = None
        """Replaces the server's limit."""
        self.removed: list[Message] = []
        """Messages that others than the bot have deleted, without an event."""
        self._change = asyncio.Event()
        self.trouble = Faults(self.changed)
        self.gateway: Gateway = Gateway(
            admits=lambda token: token == self.token,
            greet=self.greeting,
            note_presence=lambda is_online: self.changed(),
            changed=self.changed,
        )

    @property
    def faults(self):
        return self.trouble.injected

    @property
    def asked(self):
        return self.trouble.asked

    @property
    def guild_id(self):
        return self.guild.id

    def max_file_bytes(self, channel):
        return self.upload_limit_bytes or super().max_file_bytes(channel)

    def forget_expired(self):
        """Keep everything, as it is compared with the bot's database at the end."""

    # Actions of people.

    def person(self, name):
        """Let a person join."""
        return self.add_person(name)

    def channel(self, name):
        """Create a channel; bots that are connected get no event."""
        return self.add_channel(name)

    async def slash(self, user, channel, command, /, **options):
        """Use a command; return its interaction when it is acknowledged."""
        interaction = await self.send_slash(user, channel, command, **options)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await interaction.acknowledged.wait()
        return interaction

    async def send_slash(self, user, channel, command, /, **options):
        """Use a command and don't wait for the answer."""
        interaction = self.new_slash(user, channel, command, **options)
        await self.send(interaction)
        return interaction

    async def send(self, interaction):
        """Send an interaction to the bot; its response time starts now."""
        await send(self, interaction)

    def new_slash(self, user, channel, command, /, **options):
        """Return a command without sending it, such as "jam start"; a File is an attachment."""
        files = {name: value for name, value in options.items() if isinstance(value, File)}
        given = [
            {"name": name, "value": name if name in files else value}
            for name, value in options.items()
        ]
        name, *inner = command.split()
        for each in reversed(inner):
            given = [{"name": each, "options": given}]
        command_id = int(self.commands.named(name)["id"])
        return commands.new_command(self, user, channel.id, command_id, given, files=files)

    def new_press(self, user, message, label):
        """Return a press without sending it, of the button with that label."""
        custom_id = message.buttons[label]
        return components.new_press(self, user, message.channel, message, custom_id)

    def say(self, user, channel, text, *, nonce=None, flags=0):
        """Let somebody write a message without an event for the bot."""
        message = Message(self.ids.next(), user, channel)
        message.take({"content": text, "flags": flags}, [])
        if nonce is not None:
            message.payload["nonce"] = nonce
        channel.messages[message.id] = message
        return message

    async def write(self, user, channel, text, *, reply_to=None, mentions=True, files=()):
        """Write a message and return it; `mentions` types a mention of the bot before the text.

        A reply to a message of the bot pings it, whatever is typed.
        """
        text = f"<@{self.me.id}> {text}" if mentions else text
        replied = reply_to.id if reply_to else None
        return await talk.send_message(
            self, user, channel.id, text, reply_to=replied, files=list(files)
        )

    async def edit(self, message, text):
        """Let its author edit a message."""
        await talk.edit_message(self, message.author, message.channel.id, message.id, text)

    # Faults.

    def fail(self, method, path, **fault):
        """Inject a fault into a route (see Fault); return it, which counts its hits."""
        self.faults.append(Fault(method, path, **fault))
        return self.faults[-1]

    def refuse_in(self, channel, status, code):
        """Respond with this status and code, such as 403 and 50013, in a channel."""
        self.trouble.refused[channel.id] = (status, code)

    def expire_tokens(self):
        """Expire all interaction tokens."""
        for interaction in self.interactions.values():
            interaction.expires_at = 0.0

    # Observations.

    def changed(self):
        self._change.set()

    async def until(self, is_so, seconds=PATIENCE_SECONDS):
        """Wait for a condition, checked after each request of the bot.

        It is also polled, since events that the bot receives are followed by no request.
        """
        async with asyncio.timeout(seconds):
            while not (found := is_so()):
                self._change.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._change.wait()
        return found

    def requests(self, method, part=""):
        """Return all requests of a kind so far."""
        return [each for each in self.asked if each.method == method and part in each.path]

    def with_clips(self):
        """Return every message with a clip, in all channels."""
        places = self.channels.values()
        return [each for place in places for each in place.messages.values() if clips(each)]


def clips(message):
    """Return the sound files of a message."""
    return [file for file in message.files if file.name.startswith("zhiyin-")]


@asynccontextmanager
async def open_wire(clock=time.time):
    """Open a Discord on loopback, for `point_discord_at`; unknown routes fail at the end."""
    wire = Wire(clock)
    async with server.serve(wire, middleware=wire.trouble.meet):
        yield wire
    assert not wire.trouble.unknown, f"this Discord does not know {wire.trouble.unknown}"
