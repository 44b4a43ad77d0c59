"""A radio in a voice channel: commands, buttons, and what is played there."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from bot.demo.discord.actions import managing
from bot.demo.discord.actions.components import submit_modal
from bot.demo.discord.channels import ChannelType
from bot.demo.discord.rights import Right
from bot.demo.discord.voice import moves
from bot.errors import RequestError
from bot.voice.radio import RadioTimings
from cogs.requests.radio_sessions import RadioSessions
from cogs.requests.voice_places import place_of
from cogs.views.radio_buttons import radio_view
from tests.support.radio_room import open_room, text_of
from tests.support.wire_jam import start_jam, take_turn


async def test_a_radio_plays_the_server_s_clips_until_it_is_stopped(tmp_path):
    """It joins its starter's channel, names each clip's author, and can be skipped and stopped."""
    async with open_room(tmp_path, clips=2) as room:
        alice, bob = room.stage.alice, room.stage.bob
        message = await room.asks(alice, "start")
        await room.hears_music()
        await room.until(lambda: "Now playing" in text_of(message))
        assert f"<@{alice.id}>" in text_of(message)
        first = room.radio.clip_id
        await room.until(lambda: room.place.voice_status == f"📻 song {first}")
        assert set(message.buttons) == {"Skip", "⭐", "More like this", "Stop"}
        assert "is on in" in text_of(await room.asks(alice, "start"))
        # Only listeners can control it.
        assert "Join" in text_of(await room.asks(bob, "skip"))
        await moves.join(room.wire, bob, room.place)
        await room.until(lambda: len(room.radio.channel.voice_states) == 3)
        assert "1 of 2" in text_of(await room.asks(bob, "skip"))
        assert "can stop it" in text_of(await room.asks(bob, "stop"))
        press = room.wire.new_press(alice, message, "Skip")
        await room.wire.send(press)
        await room.until(lambda: room.radio.clip_id not in (None, first))
        await room.until(lambda: f"song {room.radio.clip_id}" in text_of(message))
        assert "Now playing" in text_of(await room.asks(bob, "now"))
        assert "plays the latest clips now" in text_of(
            await room.asks(alice, "source", source="recent")
        )
        assert "is off" in text_of(await room.asks(alice, "stop"))
        await room.until(lambda: not room.is_there)
        await room.until(lambda: "is off" in text_of(message))
        assert room.place.voice_status is None
        assert "No radio is on" in text_of(await room.asks(alice, "skip"))
        assert await room.stage.store.radios.all() == []


async def test_a_stop_is_acknowledged_before_the_bot_has_left(tmp_path):
    """Discord waits three seconds for an answer, and may take longer to confirm that it left."""
    async with open_room(tmp_path, clips=1) as room:
        await room.asks(room.stage.alice, "start")
        await room.hears_music()
        room.wire.gateway.holds_back = "VOICE_STATE_UPDATE"
        stop = await room.begins_to_ask(room.stage.alice, "stop")
        assert stop.is_deferred
        room.wire.gateway.lets_go.set()
        await room.until(lambda: "is off" in text_of(stop.message))
        await room.until(lambda: room.radio is None)


async def test_a_radio_can_be_restarted_at_once(tmp_path):
    """Also while the old one is still leaving: the new one starts after it."""
    async with open_room(tmp_path, clips=1) as room:
        alice = room.stage.alice
        await room.asks(alice, "start")
        await room.hears_music()
        old, gateway = room.radio, room.wire.gateway
        gateway.holds_back = "VOICE_STATE_UPDATE"
        stop = await room.begins_to_ask(alice, "stop")
        assert "No radio is on" in text_of(await room.asks(alice, "skip"))
        start = await room.begins_to_ask(alice, "start")
        assert start.is_deferred
        gateway.holds_back = None
        gateway.lets_go.set()
        await room.until(lambda: "is off" in text_of(stop.message))
        await room.until(lambda: room.radio not in (None, old))
        await room.hears_music()
        assert [each.guild_id for each in await room.stage.store.radios.all()] == [
            room.wire.guild.id
        ]


async def test_a_person_s_clips_are_played_and_a_silent_server_is_told(tmp_path):
    """Without clips the message says so, and clips made later are played."""
    async with open_room(tmp_path, clips=0) as room:
        alice, bob = room.stage.alice, room.stage.bob
        message = await room.asks(alice, "start", person=str(bob.id))
        await room.until(lambda: "has made nothing yet" in text_of(message))
        await room.asks(alice, "stop")
        await room.until(lambda: room.radio is None)
        message = await room.asks(alice, "start")
        await room.until(lambda: "nothing to play yet" in text_of(message))
        await room.stage.music(prompt="at last", seconds=8.0)
        await room.until(lambda: "at last" in text_of(message))
        await room.hears_music()


async def test_clips_from_hidden_channels_are_not_played(tmp_path):
    """Clips of channels that not everybody sees are never played."""
    async with open_room(tmp_path, clips=1) as room:
        everyone = room.wire.guild.id
        await managing.set_channel_rights(
            room.wire, room.wire.owner, room.stage.channel.id, everyone, deny=Right.VIEW_CHANNEL
        )
        await managing.set_channel_rights(
            room.wire, room.wire.owner, room.stage.channel.id, room.stage.alice.id,
            allow=Right.VIEW_CHANNEL,
        )  # fmt: skip
        await managing.set_channel_rights(
            room.wire, room.wire.owner, room.stage.channel.id, room.wire.me.id,
            allow=Right.VIEW_CHANNEL,
        )  # fmt: skip
        message = await room.asks(room.stage.alice, "start")
        await room.until(lambda: "nothing to play yet" in text_of(message))


async def test_simultaneous_starts_give_one_radio(tmp_path):
    """The second start is refused with the radio's channel, and the first continues."""
    async with open_room(tmp_path) as room:
        alice, bob = room.stage.alice, room.stage.bob
        await moves.join(room.wire, bob, room.place)
        channel = room.stage.bot.get_channel(room.place.id)
        await room.until(lambda: bob.id in channel.voice_states)
        answers = await asyncio.gather(
            room.asks(alice, "start", words="techno"), room.asks(bob, "start", words="harp")
        )
        await room.until(lambda: sum("is on in" in text_of(each) for each in answers) == 1)
        await room.until(lambda: any("Live in" in text_of(each) for each in answers))
        await room.hears_live()
        assert room.stage.bot.service.live_music.servers == {room.wire.guild.id}
        assert len(await room.stage.store.radios.all()) == 1


async def test_a_radio_is_restored_after_a_restart_with_listeners(tmp_path):
    """The same radio continues; without listeners it does not."""
    async with open_room(tmp_path) as room:
        message = await room.asks(room.stage.alice, "start")
        await room.hears_music()
        await room.until(lambda: "Now playing" in text_of(message))
        (plan,) = await room.stage.store.radios.all()
        assert plan.message_id == message.id
        cog = room.stage.bot.get_cog("Radio")
        await cog.radios.close()
        await room.until(lambda: not room.is_there)
        assert await room.stage.store.radios.all() == [plan]
        await cog.radios.restore()
        await room.until(lambda: room.is_there)
        await room.hears_music()
        await cog.radios.close()
        await room.until(lambda: not room.is_there)
        await moves.leave(room.wire, room.stage.alice, room.wire.guild.id)
        await room.until(lambda: not cog.bot.get_channel(room.place.id).voice_states)
        await cog.radios.restore()
        assert room.radio is None
        assert await room.stage.store.radios.all() == []


async def test_a_jam_radio_follows_the_track(tmp_path):
    """A turn made meanwhile is played next; a jam of another server is refused."""
    async with open_room(tmp_path, clips=0) as room:
        stage, wire, alice = room.stage, room.wire, room.stage.alice
        thread = await start_jam(wire, alice, stage.channel, bars=4)
        assert "no such jam" in text_of(await room.asks(alice, "start", jam=99))

        async def take(words):
            sent = await take_turn(wire, alice, thread, words)
            await wire.until(lambda: sent.message is not None and sent.message.files)

        message = await room.asks(alice, "start", jam=1)
        await room.until(lambda: "this jam has no music yet" in text_of(message))
        await take("beat")
        await room.until(lambda: room.radio.clip_id == 1)
        await room.hears_music()
        await take("more")
        await room.until(lambda: room.radio.clip_id == 2)
        assert "plays one jam, as it grows now" in text_of(await room.asks(alice, "source", jam=1))
        (plan,) = await stage.store.radios.all()
        assert plan.jam_id == 1


async def test_missing_permissions_give_a_sentence(tmp_path):
    """Missing permissions, a full channel, a stage, a person in no channel: refused beforehand."""
    async with open_room(tmp_path, clips=0) as room:
        alice, bob, wire = room.stage.alice, room.stage.bob, room.wire
        assert "Join a voice channel first" in text_of(await room.asks(bob, "start"))
        channel = room.stage.bot.get_channel(room.place.id)
        me = channel.guild.me
        asked: Any = SimpleNamespace(guild=channel.guild, user=me)
        with pytest.raises(RequestError, match="PyNaCl and davey"):
            place_of(asked, lambda: ["davey"])
        for deny, words in (
            (Right.VIEW_CHANNEL, "can't see"),
            (Right.CONNECT, "may not join"),
            (Right.SPEAK, "may not be heard"),
        ):
            await managing.set_channel_rights(
                wire, wire.owner, room.place.id, wire.me.id, deny=deny
            )
            await room.until(lambda deny=deny: channel.overwrites_for(me).pair()[1].value == deny)
            assert words in text_of(await room.asks(alice, "start"))
        await managing.set_channel_rights(wire, wire.owner, room.place.id, wire.me.id)
        room.place.user_limit = 1
        await managing.rename_channel(wire, wire.owner, room.place.id, "tight")
        await room.until(lambda: channel.user_limit == 1)
        assert "is full" in text_of(await room.asks(alice, "start"))
        stage = await managing.create_channel(wire, wire.owner, "stage", type=ChannelType.STAGE)
        await room.until(lambda: room.stage.bot.get_channel(stage.id) is not None)
        await moves.join(wire, alice, stage)
        await room.until(lambda: room.stage.bot.get_channel(stage.id).voice_states)
        assert "audience" in text_of(await room.asks(alice, "start"))
        assert room.radio is None
        assert not room.is_there


async def test_a_radio_leaves_when_alone_or_without_a_channel(tmp_path):
    """With a message that names the reason; it can be started again."""
    async with open_room(tmp_path) as room:
        alice, cog = room.stage.alice, room.stage.bot.get_cog("Radio")
        cog.radios = RadioSessions(cog.bot, radio_view, RadioTimings(alone_seconds=0.2))
        message = await room.asks(alice, "start")
        await room.hears_music()
        await moves.leave(room.wire, alice, room.wire.guild.id)
        await room.until(lambda: not room.is_there)
        await room.until(lambda: "Everybody had left" in text_of(message))
        cog.radios = RadioSessions(cog.bot, radio_view)
        await moves.join(room.wire, alice, room.place)
        channel = room.stage.bot.get_channel(room.place.id)
        await room.until(lambda: alice.id in channel.voice_states)
        message = await room.asks(alice, "start")
        await room.hears_music()
        await managing.delete_channel(room.wire, room.wire.owner, room.place.id)
        await room.until(lambda: "its channel is gone" in text_of(message))
        await room.until(lambda: room.radio is None)


async def test_listeners_steer_live_music(tmp_path):
    """By words that pass the filter and the rate limit; clips can replace it."""
    async with open_room(tmp_path) as room:
        alice, bob, clock = room.stage.alice, room.stage.bob, room.stage.clock
        await room.stage.bot.service.word_filter.add(room.wire.guild.id, "noise")
        assert "isn't wanted" in text_of(await room.asks(alice, "start", words="noise"))
        message = await room.asks(alice, "start", words="techno")
        await room.until(lambda: "Live in" in text_of(message))
        assert "techno" in text_of(message)
        await room.until(lambda: len(room.packets) > 10)
        assert set(message.buttons) == {"Words", "Stop"}
        await room.until(lambda: room.place.voice_status == "📻 techno")
        assert "no next clip" in text_of(await room.asks(alice, "skip"))
        assert "Join" in text_of(await room.asks(bob, "words", words="harp"))
        assert "isn't wanted" in text_of(await room.asks(alice, "words", words="more noise"))
        shown = text_of(await room.asks(alice, "words", words="harp", weight=3.0))
        assert "harp** 75%" in shown
        await room.until(lambda: "harp" in text_of(message))
        assert "steer again in" in text_of(await room.asks(alice, "words", words="choir"))
        clock.now += 10
        assert "choir" in text_of(await room.asks(alice, "words", words="choir"))
        (plan,) = await room.stage.store.radios.all()
        assert [text for text, _ in plan.words] == ["techno", "harp", "choir"]
        assert "latest clips now" in text_of(await room.asks(alice, "source", source="recent"))
        await room.until(lambda: "Now playing" in text_of(message))
        assert "plays clips" in text_of(await room.asks(alice, "words", words="harp"))
        await room.until(lambda: room.stage.bot.pipeline.executor.running == 0)


async def test_live_music_is_steered_by_form_and_chat(tmp_path):
    """By the button's form, or by a message that mentions the bot in the radio's channel.

    Somebody who sends many lines is asked once to wait. Filtered words are refused.
    """
    async with open_room(tmp_path) as room:
        stage, wire = room.stage, room.wire
        alice, bob, clock = stage.alice, stage.bob, stage.clock
        await stage.bot.service.word_filter.add(wire.guild.id, "noise")
        message = await room.asks(alice, "start", words="techno")
        await room.until(lambda: "Live in" in text_of(message))

        async def fills_in(who, words, amount="1"):
            press = wire.new_press(who, message, "Words")
            await wire.send(press)
            await room.until(lambda: press.modal)
            sent = await submit_modal(wire, who, press.id, {"words": words, "amount": amount})
            await room.until(lambda: sent.message is not None)
            return text_of(sent.message)

        assert "harp" in await fills_in(alice, "harp", "2")
        clock.now += 10
        assert "isn't wanted" in await fills_in(alice, "noise")
        press = wire.new_press(bob, message, "Words")
        await wire.send(press)
        await room.until(lambda: press.message is not None)
        assert "Join" in text_of(press.message)

        def answers():
            return [
                text_of(each) for each in room.place.messages.values() if each.author is wire.me
            ]

        await wire.write(alice, room.place, "choir")
        await room.until(lambda: any("choir" in each for each in answers()))
        for words in ("bells", "flute", "drums"):
            await wire.write(alice, room.place, words)
        await wire.write(bob, room.place, "guitar")
        await room.until(lambda: any("Join" in each for each in answers()))
        assert len([each for each in answers() if "steer again in" in each]) == 1
        (plan,) = await stage.store.radios.all()
        assert [text for text, _ in plan.words] == ["techno", "harp", "choir"]
        assert await stage.store.jobs.unfinished() == []
