"""A voice channel of a simulated Discord, with a person in it who uses the radio."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from bot.demo.discord.actions import commands
from bot.demo.discord.channels import ChannelType
from bot.demo.discord.voice import moves
from tests.support.discord_wire.stage import open_stage
from tests.support.heard_sound import decode, levels
from tests.support.timings import quick

TURN_WAIT_SECONDS = 120.0
"""A timeout for a test that hangs."""


class RadioChannel:
    """A stage with a voice channel that Alice is in."""

    def __init__(self, stage, place):
        self.stage, self.place = stage, place

    @property
    def wire(self):
        return self.stage.wire

    @property
    def packets(self):
        """The packets that the bot has sent since it joined the channel."""
        line = self.wire.voice.server.connections.get(self.wire.guild.id)
        if line is None or line.socket is None or line.socket.closed:
            return []
        return [each.opus for each in line.packets]

    @property
    def is_there(self):
        return self.wire.me in self.wire.voice.people_in(self.place)

    @property
    def radio(self):
        return self.stage.bot.get_cog("Radio").radios.of(self.wire.guild.id)

    async def until(self, is_so, every_seconds=0.02):
        async with asyncio.timeout(TURN_WAIT_SECONDS):
            while not is_so():
                await asyncio.sleep(every_seconds)

    async def asks(self, who, name, **options):
        """Use a subcommand of /radio; return its answer."""
        interaction = await self.begins_to_ask(who, name, **options)
        await self.until(lambda: interaction.message is not None and text_of(interaction.message))
        return interaction.message

    async def begins_to_ask(self, who, name, **options):
        """Use a subcommand of /radio; return it when the bot has acknowledged it."""
        given = [{"name": key, "value": value} for key, value in options.items()]
        command_id = int(self.wire.commands.named("radio")["id"])
        typed = [{"name": name, "type": 1, "options": given}]
        interaction = commands.new_command(self.wire, who, self.stage.channel.id, command_id, typed)
        await self.wire.send(interaction)
        await asyncio.wait_for(interaction.acknowledged.wait(), 60)
        return interaction

    async def hears_music(self):
        """Wait until the received packets are loud."""

        def is_loud():
            return len(self.packets) > 30 and levels(decode(self.packets[-20:])).max() > 0.02

        await self.until(is_loud, 0.2)

    async def hears_live(self):
        """Wait until packets arrive."""
        await self.until(lambda: len(self.packets) > 10)


def text_of(message):
    """Return the text of a message and of its embeds."""
    embeds = message.payload.get("embeds") or []
    return " ".join(
        [message.content or "", *(each.get("description") or "" for each in embeds)]
    ).strip()


@asynccontextmanager
async def open_radio_channel(
    folder, *, clips=1, kind=ChannelType.VOICE, overwrites=(), also=None, **options
):
    """Open the bot with some clips of Alice's, and Alice in a voice channel.

    `also` prepares more of Discord before the bot connects.
    """
    places = []

    def prepare(wire):
        if also is not None:
            also(wire)
        places.append(wire.add_channel("lounge", type=kind, overwrites=overwrites))

    async with open_stage(folder, timings=quick(), prepare=prepare, **options) as stage:
        voice = RadioChannel(stage, places[0])
        await voice.until(lambda: stage.bot.get_channel(places[0].id) is not None)
        await moves.join(stage.wire, stage.alice, places[0])
        for number in range(1, clips + 1):
            await stage.music(prompt=f"song {number}", seconds=8.0)
            await stage.final_job(number)
        yield voice
