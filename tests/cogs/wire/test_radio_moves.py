"""A radio that is moved to another channel, or comes back onto a stage."""

from __future__ import annotations

import discord

from bot.demo.discord.actions import managing
from bot.demo.discord.channels import ChannelType
from bot.demo.discord.rights import Right
from bot.demo.discord.voice import moves
from tests.support.radio_channel import open_radio_channel, text_of


async def test_a_moved_radio_comes_back_where_it_was_last(tmp_path):
    """After a restart it is where the listeners are, not where it was started."""
    async with open_radio_channel(tmp_path, clips=1) as voice:
        wire, alice, bot = voice.wire, voice.stage.alice, voice.stage.bot
        other = await managing.create_channel(wire, wire.owner, "den", type=ChannelType.VOICE)
        await voice.until(lambda: bot.get_channel(other.id) is not None)
        message = await voice.asks(alice, "start")
        await voice.hears_music()
        await moves.move(wire, alice, other)
        await moves.move(wire, wire.me, other)
        await voice.until(lambda: f"<#{other.id}>" in text_of(message))
        (plan,) = await voice.stage.store.radios.all()
        assert plan.channel_id == other.id
        radios = bot.get_cog("Radio").radios
        await radios.close()
        await voice.until(lambda: wire.me not in wire.voice.people_in(other))
        await radios.restore()
        await voice.until(lambda: wire.me in wire.voice.people_in(other))
        await voice.hears_music()


async def test_a_radio_that_comes_back_onto_a_stage_is_a_speaker_again(tmp_path):
    """Whoever joins a stage is in its audience, also after the connection was lost."""
    may_speak = Right(discord.Permissions(mute_members=True).value)
    async with open_radio_channel(tmp_path, clips=1) as voice:
        wire, alice, channel = voice.wire, voice.stage.alice, voice.stage.bot.get_channel
        stage = await managing.create_channel(wire, wire.owner, "stage", type=ChannelType.STAGE)
        await managing.set_channel_rights(wire, wire.owner, stage.id, wire.me.id, allow=may_speak)
        await voice.until(lambda: channel(stage.id) and channel(stage.id).overwrites)
        await moves.join(wire, alice, stage)
        await voice.until(lambda: channel(stage.id).voice_states)
        asked = wire.fail("PATCH", "/guilds/*/voice-states/@me", status=200, times=9)
        await voice.asks(alice, "start")
        await voice.until(lambda: voice.radio is not None)
        assert asked.hits == 1
        await moves.leave(wire, wire.me, wire.guild.id)
        await voice.until(lambda: wire.me in wire.voice.people_in(stage))
        await voice.until(lambda: asked.hits == 2)
