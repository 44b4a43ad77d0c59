"""A stock discord.py plays into a voice channel; the received audio is decoded and measured."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import discord
import numpy as np
import pytest

from bot.app.discord_address import point_discord_at
from bot.demo.discord.actions import managing
from bot.demo.discord.channels import ChannelType
from bot.demo.discord.voice import moves
from bot.errors import RequestError
from bot.voice.connection import ConnectionEnd, ConnectionTimings, VoiceConnection, missing_packages
from bot.voice.mixer import Mixer
from bot.voice.opus_source import OpusSource
from bot.voice.playable import PlayedTrack
from bot.voice.radio import Radio
from tests.support.discord_wire.dave import Dave
from tests.support.discord_wire.server import open_wire
from tests.support.heard_sound import RATE_HZ, decode, levels, pitch
from tests.voice.test_mixer import track

QUICK = ConnectionTimings(connect_seconds=60.0, pauses_seconds=(0.05,) * 8)
# A rejoin that Discord does not answer is given up, and tried again.
REJOINING = replace(QUICK, connect_seconds=5.0)


@asynccontextmanager
async def connected(dave=False, servers=1):
    """Open a simulated Discord with a client, and a voice channel in each server."""
    async with open_wire() as wire:
        if dave:
            wire.voice.server.new_encryption = Dave
        place = wire.add_channel("radio", type=ChannelType.VOICE)
        for _ in range(servers - 1):
            wire.add_channel("radio", type=ChannelType.VOICE, guild=wire.add_guild("next door"))
        with point_discord_at(wire.base):
            intents = discord.Intents(guilds=True, voice_states=True)
            async with discord.Client(intents=intents, guild_ready_timeout=0.0) as client:
                await client.login(wire.token)
                running = asyncio.create_task(client.connect())
                await client.wait_until_ready()
                yield wire, client, place, client.get_channel(place.id)
                await client.close()
                await running


async def until(is_so, seconds=60.0):
    async with asyncio.timeout(seconds):
        while not is_so():
            await asyncio.sleep(0.01)


def heard(wire):
    """Return the packets of the current connection."""
    return [each.opus for each in wire.voice.server.connections[wire.guild.id].packets]


@pytest.mark.parametrize("dave", [False, True], ids=["plain", "end-to-end"])
async def test_played_audio_arrives(dave):
    """In order, without loss, at an even level through a fade; also end-to-end encrypted."""
    async with connected(dave) as (wire, _, _, channel):
        mixer = Mixer()
        line = VoiceConnection(channel, OpusSource(mixer), QUICK)
        await line.open()
        there = wire.voice.server.connections[wire.guild.id]
        if dave:
            await asyncio.wait_for(there.encryption.ready.wait(), 60)
        begun = len(there.packets)
        mixer.play_next(PlayedTrack(track(1, 440, 1.2)), at_once=True)
        mixer.play_next(PlayedTrack(track(2, 660, 30)))
        await until(lambda: len(there.packets) > begun + 110)
        await line.close()
        packets = list(there.packets)[begun:]
        numbers = [each.number for each in packets]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert there.undecrypted == 0
        sound = decode([each.opus for each in packets])
        begin = int(np.argmax(np.abs(sound[:, 0]) > 0.05))
        sound = sound[begin:]
        assert abs(pitch(sound[4800:30000]) - 440) < 5
        assert abs(pitch(sound[round(1.4 * RATE_HZ) : round(1.9 * RATE_HZ)]) - 660) < 5
        even = levels(sound[4800 : round(1.8 * RATE_HZ)])
        assert even.min() > 0.9 * 0.5 / np.sqrt(2)
        if dave:
            assert there.encryption.encrypted > 100


@pytest.mark.parametrize("how", ["crash", "sent away", "region"])
async def test_a_voice_connection_resumes_after_a_loss(how):
    """Also after losses for which discord.py gives up; the same track continues."""
    async with connected() as (wire, _client, _place, channel):
        mixer = Mixer()
        line = VoiceConnection(channel, OpusSource(mixer), REJOINING)
        await line.open()
        keeping = asyncio.create_task(line.keep())
        played = PlayedTrack(track(1, 440, 60))
        mixer.play_next(played)
        first = wire.voice.server.connections[wire.guild.id]
        await until(lambda: len(first.packets) > 20)
        if how == "crash":
            await wire.voice.server.close_connection(wire.guild.id, 4015)
        elif how == "sent away":
            await moves.leave(wire, wire.me, wire.guild.id)
        else:
            await moves.send_voice_server_update(wire, wire.voice.of(wire.me, wire.guild.id))
        before, lines = played.place, wire.voice.server.connections
        await until(lambda: lines[wire.guild.id] is not first and len(heard(wire)) > 20)
        assert before < played.place < RATE_HZ * 30, "neither from the beginning nor far on"
        assert abs(pitch(decode(heard(wire)[-15:])) - 440) < 10
        assert not keeping.done()
        await line.close()
        assert await keeping is ConnectionEnd.CLOSED
        await until(lambda: wire.voice.of(wire.me, wire.guild.id) is None)


async def test_a_voice_connection_follows_a_move():
    """After a later loss it rejoins the new channel."""
    async with connected() as (wire, _client, _place, channel):
        other = await managing.create_channel(wire, wire.owner, "upstairs", type=ChannelType.VOICE)
        line = VoiceConnection(channel, OpusSource(Mixer()), REJOINING)
        await line.open()
        keeping = asyncio.create_task(line.keep())
        await moves.move(wire, wire.me, other)
        await until(lambda: line.channel.id == other.id and line.is_connected)
        await moves.leave(wire, wire.me, wire.guild.id)
        await until(lambda: wire.voice.people_in(other) == [wire.me])
        await line.close()
        await keeping


@pytest.mark.parametrize("is_told_late", [False, True])
async def test_a_deleted_channel_ends_the_connection(is_told_late):
    """There is nothing to rejoin, also if it learns of the deletion while it tries to."""
    async with connected() as (wire, _client, place, channel):
        line = VoiceConnection(channel, OpusSource(Mixer()), REJOINING)
        await line.open()
        keeping = asyncio.create_task(line.keep())
        if is_told_late:
            wire.gateway.holds_back = "CHANNEL_DELETE"
        deleting = asyncio.create_task(managing.delete_channel(wire, wire.owner, place.id))
        if is_told_late:
            await until(lambda: line.times_lost and channel.guild.voice_client is not None)
            wire.gateway.lets_go.set()
        await deleting
        assert await asyncio.wait_for(keeping, 60) is ConnectionEnd.CHANNEL_GONE


async def test_repeated_disconnects_end_the_connection():
    """It rejoins a limited number of times."""
    timings = replace(REJOINING, most_losses=2)
    async with connected() as (wire, _client, _place, channel):
        line = VoiceConnection(channel, OpusSource(Mixer()), timings)
        await line.open()
        keeping = asyncio.create_task(line.keep())
        for _ in range(2):
            await until(lambda: wire.voice.of(wire.me, wire.guild.id) is not None)
            await until(lambda: line.is_connected)
            await moves.leave(wire, wire.me, wire.guild.id)
            await until(lambda: not line.is_connected)
        assert await asyncio.wait_for(keeping, 60) is ConnectionEnd.LOST


async def test_a_close_ends_the_pause_before_a_reconnection():
    """However long the pause: whoever waits for the connection's end is not held up."""
    timings = ConnectionTimings(connect_seconds=5.0, pauses_seconds=(3600.0,))
    async with connected() as (wire, _client, _place, channel):
        line = VoiceConnection(channel, OpusSource(Mixer()), timings)
        await line.open()
        keeping = asyncio.create_task(line.keep())
        await moves.leave(wire, wire.me, wire.guild.id)
        await until(lambda: line.times_lost == 1 and channel.guild.voice_client is None)
        await line.close()
        assert await asyncio.wait_for(keeping, 60) is ConnectionEnd.CLOSED


async def test_an_end_while_it_comes_back_leaves_nothing_behind():
    """As where everybody has left meanwhile: the bot is out, and can be brought back."""
    async with connected() as (wire, _client, _place, channel):
        line = VoiceConnection(channel, OpusSource(Mixer()), QUICK)
        await line.open()
        keeping = asyncio.create_task(line.keep())
        await until(lambda: len(heard(wire)) > 5)
        wire.gateway.holds_back = "VOICE_SERVER_UPDATE"
        await moves.leave(wire, wire.me, wire.guild.id)
        await until(lambda: line.times_lost == 1 and wire.voice.of(wire.me, wire.guild.id))
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await line.close()
        assert channel.guild.voice_client is None
        wire.gateway.holds_back = None
        wire.gateway.lets_go.set()
        await until(lambda: wire.voice.of(wire.me, wire.guild.id) is None)
        again = VoiceConnection(channel, OpusSource(Mixer()), QUICK)
        await again.open()
        await until(lambda: len(heard(wire)) > 5)
        await again.close()


async def test_a_failed_join_is_reported():
    """Discord does not respond to a refused join; the sentence names the channel."""
    quick = ConnectionTimings(connect_seconds=0.3)
    async with connected() as (wire, _client, place, channel):
        place.user_limit = 1
        await moves.join(wire, wire.owner, place)
        line = VoiceConnection(channel, OpusSource(Mixer()), quick)
        with pytest.raises(RequestError, match="could not get into"):
            await line.open()
        await line.close()


async def test_a_packet_loss_is_survived():
    """Playback goes on by the clock, and is heard again afterwards."""
    async with connected() as (wire, _client, _place, channel):
        mixer, server = Mixer(), wire.voice.server
        line = VoiceConnection(channel, OpusSource(mixer), QUICK)
        await line.open()
        played = PlayedTrack(track(1, 440, 60))
        mixer.play_next(played)
        there = server.connections[wire.guild.id]
        await until(lambda: len(there.packets) > 20)
        server.is_cut = True
        at, heard_before = played.place, len(there.packets)
        await until(lambda: played.place > at + RATE_HZ // 2)
        server.is_cut = False
        await until(lambda: len(there.packets) > heard_before + 20)
        missed = there.packets[-1].number - there.packets[0].number + 1 - len(there.packets)
        assert missed >= 20
        assert server.connections[wire.guild.id] is there and line.times_lost == 0
        assert abs(pitch(decode(heard(wire)[-15:])) - 440) < 10
        await line.close()


async def test_a_radio_whose_first_track_fails_leaves_the_channel():
    """Nobody runs it, so nobody else would end its connection."""

    async def choose():
        raise OSError("the disk is gone")

    async def tell(playing):
        raise AssertionError(playing)

    async with connected() as (wire, _client, _place, channel):
        radio = Radio(channel, choose=choose, tell=tell)
        with pytest.raises(OSError, match="the disk is gone"):
            await radio.open()
        assert wire.voice.of(wire.me, wire.guild.id) is None


async def test_blocked_udp_is_reported():
    """A firewall that blocks audio only is reported after a timeout."""
    async with connected() as (wire, _client, _place, channel):
        wire.voice.server.is_cut = True
        line = VoiceConnection(channel, OpusSource(Mixer()), ConnectionTimings(connect_seconds=0.5))
        with pytest.raises(RequestError, match="could not get into"):
            await line.open()
        await line.close()
        wire.voice.server.is_cut = False
        again = VoiceConnection(channel, OpusSource(Mixer()), QUICK)
        await again.open()
        await until(lambda: len(heard(wire)) > 5)
        await again.close()


async def test_a_second_close_waits_for_the_first():
    """A late confirmation of the first close does not disconnect a later connection."""
    async with connected() as (wire, _client, _place, channel):
        line = VoiceConnection(channel, OpusSource(Mixer()), QUICK)
        await line.open()
        wire.gateway.holds_back = "VOICE_STATE_UPDATE"
        first = asyncio.create_task(line.close())
        await until(lambda: wire.voice.of(wire.me, wire.guild.id) is None)
        second = asyncio.create_task(line.close())
        done, _ = await asyncio.wait([second], timeout=0.3)
        assert not done
        wire.gateway.holds_back = None
        wire.gateway.lets_go.set()
        await asyncio.gather(first, second)
        mixer = Mixer()
        mixer.play_next(PlayedTrack(track(1, 440, 60)))
        again = VoiceConnection(channel, OpusSource(mixer), QUICK)
        await again.open()
        await until(lambda: len(heard(wire)) > 20)
        assert abs(pitch(decode(heard(wire)[-15:])) - 440) < 10
        await again.close()


async def test_several_servers_play_at_once():
    """Each hears its track, and closing one connection does not affect the others."""
    async with connected(servers=2) as (wire, client, _place, channel):
        second = next(each for each in client.guilds if each.id != wire.guild.id)
        lines = {}
        for guild_id, place, hz in (
            (wire.guild.id, channel, 440),
            (second.id, second.voice_channels[0], 660),
        ):
            mixer = Mixer()
            mixer.play_next(PlayedTrack(track(1, hz, 60)))
            lines[guild_id] = VoiceConnection(place, OpusSource(mixer), QUICK)
        await asyncio.gather(*(each.open() for each in lines.values()))
        there = wire.voice.server.connections
        for guild_id, hz in ((wire.guild.id, 440), (second.id, 660)):
            await until(lambda guild_id=guild_id: len(there[guild_id].packets) > 30)
            packets = [each.opus for each in there[guild_id].packets][-20:]
            assert abs(pitch(decode(packets)) - hz) < 10
        await lines[wire.guild.id].close()
        before = len(there[second.id].packets)
        await until(lambda: len(there[second.id].packets) > before + 20)
        await lines[second.id].close()


def test_missing_packages_are_named():
    """Without them there is no voice, and everything else works."""
    assert missing_packages() == []
    assert missing_packages(lambda module: None) == ["PyNaCl", "davey"]
