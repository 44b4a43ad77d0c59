"""A radio that cannot start, or whose bot stops: it does not stay in the channel."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import discord
import pytest

from bot.demo.discord.actions import managing
from bot.demo.discord.channels import ChannelType
from bot.demo.discord.rights import Right
from bot.demo.discord.voice import moves
from bot.domain.radio import RadioSource
from bot.errors import RequestError
from tests.support.radio_channel import open_radio_channel, text_of


async def test_a_radio_that_is_starting_ends_with_the_bot(tmp_path):
    """When the bot has stopped its radios it has left, and the radio is restored later."""
    async with open_radio_channel(tmp_path, clips=1) as voice:
        wire, sessions = voice.wire, voice.stage.bot.get_cog("Radio").radios
        wire.gateway.holds_back = "VOICE_SERVER_UPDATE"
        await voice.begins_to_ask(voice.stage.alice, "start")
        await voice.until(lambda: voice.is_there)
        closing = asyncio.create_task(sessions.close())
        done, _ = await asyncio.wait([closing], timeout=0.3)
        assert not done
        wire.gateway.holds_back = None
        wire.gateway.lets_go.set()
        await asyncio.wait_for(closing, 60)
        assert sessions.all() == []
        assert not voice.is_there
        assert len(await voice.stage.store.radios.all()) == 1


async def test_a_radio_that_may_not_speak_leaves_the_stage(tmp_path):
    """If Discord refuses to make it a speaker, though it has the permission."""
    may_speak = Right(discord.Permissions(mute_members=True).value)
    async with open_radio_channel(tmp_path, clips=1) as voice:
        wire, alice = voice.wire, voice.stage.alice
        stage = await managing.create_channel(wire, wire.owner, "stage", type=ChannelType.STAGE)
        await managing.set_channel_rights(wire, wire.owner, stage.id, wire.me.id, allow=may_speak)
        channel = voice.stage.bot.get_channel
        await voice.until(lambda: channel(stage.id) and channel(stage.id).overwrites)
        await moves.join(wire, alice, stage)
        await voice.until(lambda: channel(stage.id).voice_states)
        fault = wire.fail("PATCH", "/guilds/*/voice-states/@me", status=403, code=50013)
        await voice.begins_to_ask(alice, "start")
        await voice.until(lambda: fault.hits == 1)
        await voice.until(lambda: wire.me not in wire.voice.people_in(stage))
        assert voice.radio is None


async def test_a_source_that_waited_while_the_radio_was_stopped_is_refused(tmp_path):
    """Live music that begins after the end would hold its place for ever."""
    async with open_radio_channel(tmp_path, clips=1) as voice:
        bot = voice.stage.bot
        await voice.asks(voice.stage.alice, "start")
        await voice.hears_music()
        session = voice.radio
        recent = replace(session.plan, source=RadioSource.RECENT)
        live = replace(session.plan, source=RadioSource.LIVE, words=(("techno", 1.0),))
        async with bot.service.radio._turn:
            first = asyncio.create_task(session.change(recent))
            await voice.until(lambda: session.plan.source is RadioSource.RECENT)
            second = asyncio.create_task(session.change(live))
            await session.stop()
            await voice.until(lambda: not bot.get_cog("Radio").radios.all())
        await asyncio.wait_for(first, 60)
        with pytest.raises(RequestError, match="No radio is on"):
            await asyncio.wait_for(second, 60)
        assert bot.service.live_music.servers == set()
        assert session.radio.live_player is None


async def test_a_stop_does_not_wait_for_the_channel_s_status(tmp_path):
    """It is cleared before the bot leaves; a rate limit of that keeps the music on for seconds."""
    async with open_radio_channel(tmp_path, clips=1) as voice:
        await voice.asks(voice.stage.alice, "start")
        await voice.until(lambda: voice.place.voice_status)
        fault = voice.wire.fail("PUT", "/channels/*/voice-status", retry_after=600.0)
        stop = await voice.begins_to_ask(voice.stage.alice, "stop")
        await voice.until(lambda: not voice.is_there)
        await voice.until(lambda: "is off" in text_of(stop.message))
        assert fault.hits == 1


async def test_the_message_of_a_radio_that_does_not_come_back_says_why(tmp_path):
    """After a restart it no longer shows a clip as playing, with buttons that do nothing."""
    async with open_radio_channel(tmp_path, clips=1) as voice:
        wire, alice, cog = voice.wire, voice.stage.alice, voice.stage.bot.get_cog("Radio")
        message = await voice.asks(alice, "start")
        await voice.until(lambda: "Now playing" in text_of(message))
        await cog.radios.close()
        await voice.until(lambda: not voice.is_there)
        (plan,) = await voice.stage.store.radios.all()
        mute = {"allow": Right.CONNECT, "deny": Right.SPEAK}
        await managing.set_channel_rights(wire, wire.owner, voice.place.id, wire.me.id, **mute)
        channel = cog.bot.get_channel(voice.place.id)
        await voice.until(lambda: not channel.permissions_for(channel.guild.me).speak)
        await cog.radios.restore()
        assert "may not be heard" in text_of(message)
        assert not message.buttons
        for why in ("Everybody had left", "its channel is gone"):
            await voice.stage.store.radios.begin(plan)
            if "left" in why:
                await moves.leave(wire, alice, wire.guild.id)
                await voice.until(lambda: not channel.voice_states)
            else:
                await managing.delete_channel(wire, wire.owner, voice.place.id)
                await voice.until(lambda: cog.bot.get_channel(voice.place.id) is None)
            await cog.radios.restore()
            assert why in text_of(message)
            assert await voice.stage.store.radios.all() == []
