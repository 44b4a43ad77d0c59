"""Listeners of a voice channel's stream."""

from __future__ import annotations

import asyncio

from bot.demo.client.sessions import Sessions
from bot.demo.client.voice_stream import VoiceStreams
from bot.demo.discord.channels import ChannelType
from bot.demo.discord.state import Discord
from bot.demo.discord.voice import moves


async def test_closing_the_tab_before_streaming_leaves_voice():
    """Otherwise the radio would play for a closed tab for ever."""
    discord = Discord()
    place = discord.add_channel("lounge", type=ChannelType.VOICE)
    streams = VoiceStreams(discord, Sessions({}), away_seconds=0.0)
    await moves.join(discord, discord.owner, place)
    streams.note_gone(discord.owner)
    async with asyncio.timeout(60):
        while discord.voice.people_in(place):
            await asyncio.sleep(0)
    await streams.close()
