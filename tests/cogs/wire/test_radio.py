"""A radio in a voice channel: commands, buttons, and what is played there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot.demo.discord.actions import managing
from bot.demo.discord.actions.components import submit_modal
from bot.demo.discord.channels import ChannelType
from bot.demo.discord.rights import Right
from bot.demo.discord.voice import moves
from bot.domain.radio import RadioSource
from bot.errors import RequestError
from bot.voice.radio import RadioTimings
from cogs.requests.radio_sessions import RadioSessions
from cogs.requests.voice_places import place_of
from cogs.views.radio_buttons import radio_view
from tests.support.radio_channel import open_radio_channel, text_of
from tests.support.wire_jam import start_jam, take_turn


async def test_a_radio_plays_the_server_s_clips_until_it_is_stopped(tmp_path):
    """It joins its starter's channel, names each clip's author, and can be skipped and stopped."""
    async with open_radio_channel(tmp_path, clips=2) as voice:
        alice, bob = voice.stage.alice, voice.stage.bob
        message = await voice.asks(alice, "start")
        await voice.hears_music()
        await voice.until(lambda: "Now playing" in text_of(message))
        assert f"<@{alice.id}>" in text_of(message)
        first = voice.radio.clip_id
        await voice.until(lambda: voice.place.voice_status == f"📻 song {first}")
        assert set(message.buttons) == {"Skip", "⭐", "More like this", "Stop"}
        assert "is on in" in text_of(await voice.asks(alice, "start"))
        # Only listeners can control it.
        assert "Join" in text_of(await voice.asks(bob, "skip"))
        await moves.join(voice.wire, bob, voice.place)
        await voice.until(lambda: len(voice.radio.channel.voice_states) == 3)
        assert "1 of 2" in text_of(await voice.asks(bob, "skip"))
        assert "can stop it" in text_of(await voice.asks(bob, "stop"))
        press = voice.wire.new_press(alice, message, "Skip")
        await voice.wire.send(press)
        await voice.until(lambda: voice.radio.clip_id not in (None, first))
        await voice.until(lambda: f"song {voice.radio.clip_id}" in text_of(message))
        assert "Now playing" in text_of(await voice.asks(bob, "now"))
        assert "plays the latest clips now" in text_of(
            await voice.asks(alice, "source", source="recent")
        )
        assert "is off" in text_of(await voice.asks(alice, "stop"))
        await voice.until(lambda: not voice.is_there)
        await voice.until(lambda: "is off" in text_of(message))
        assert voice.place.voice_status is None
        assert "No radio is on" in text_of(await voice.asks(alice, "skip"))
        assert await voice.stage.store.radios.all() == []


async def test_a_stop_is_acknowledged_before_the_bot_has_left(tmp_path):
    """Discord waits three seconds for an answer, and may take longer to confirm that it left."""
    async with open_radio_channel(tmp_path, clips=1) as voice:
        await voice.asks(voice.stage.alice, "start")
        await voice.hears_music()
        voice.wire.gateway.holds_back = "VOICE_STATE_UPDATE"
        stop = await voice.begins_to_ask(voice.stage.alice, "stop")
        assert stop.is_deferred
        voice.wire.gateway.lets_go.set()
        await voice.until(lambda: "is off" in text_of(stop.message))
        await voice.until(lambda: voice.radio is None)


async def test_a_radio_can_be_restarted_at_once(tmp_path):
    """Also while the old one is still leaving: the new one starts after it."""
    async with open_radio_channel(tmp_path, clips=1) as voice:
        alice = voice.stage.alice
        await voice.asks(alice, "start")
        await voice.hears_music()
        old, gateway = voice.radio, voice.wire.gateway
        gateway.holds_back = "VOICE_STATE_UPDATE"
        stop = await voice.begins_to_ask(alice, "stop")
        assert "No radio is on" in text_of(await voice.asks(alice, "skip"))
        start = await voice.begins_to_ask(alice, "start")
        assert start.is_deferred
        gateway.holds_back = None
        gateway.lets_go.set()
        await voice.until(lambda: "is off" in text_of(stop.message))
        await voice.until(lambda: voice.radio not in (None, old))
        await voice.hears_music()
        assert [each.guild_id for each in await voice.stage.store.radios.all()] == [
            voice.wire.guild.id
        ]


async def test_a_person_s_clips_are_played_and_having_none_is_reported(tmp_path):
    """Without clips the message says so, and clips made later are played."""
    async with open_radio_channel(tmp_path, clips=0) as voice:
        alice, bob = voice.stage.alice, voice.stage.bob
        message = await voice.asks(alice, "start", person=str(bob.id))
        await voice.until(lambda: "has made nothing yet" in text_of(message))
        await voice.asks(alice, "stop")
        await voice.until(lambda: voice.radio is None)
        message = await voice.asks(alice, "start")
        await voice.until(lambda: "nothing to play yet" in text_of(message))
        await voice.stage.music(prompt="at last", seconds=8.0)
        await voice.until(lambda: "at last" in text_of(message))
        await voice.hears_music()


async def test_clips_from_hidden_channels_are_not_played(tmp_path):
    """Clips of channels that not everybody sees are never played."""
    async with open_radio_channel(tmp_path, clips=1) as voice:
        everyone = voice.wire.guild.id
        await managing.set_channel_rights(
            voice.wire, voice.wire.owner, voice.stage.channel.id, everyone, deny=Right.VIEW_CHANNEL
        )
        await managing.set_channel_rights(
            voice.wire, voice.wire.owner, voice.stage.channel.id, voice.stage.alice.id,
            allow=Right.VIEW_CHANNEL,
        )  # fmt: skip
        await managing.set_channel_rights(
            voice.wire, voice.wire.owner, voice.stage.channel.id, voice.wire.me.id,
            allow=Right.VIEW_CHANNEL,
        )  # fmt: skip
        message = await voice.asks(voice.stage.alice, "start")
        await voice.until(lambda: "nothing to play yet" in text_of(message))


async def test_simultaneous_starts_give_one_radio(tmp_path):
    """The second start is refused with the radio's channel, and the first continues."""
    async with open_radio_channel(tmp_path) as voice:
        alice, bob = voice.stage.alice, voice.stage.bob
        await moves.join(voice.wire, bob, voice.place)
        channel = voice.stage.bot.get_channel(voice.place.id)
        await voice.until(lambda: bob.id in channel.voice_states)
        answers = await asyncio.gather(
            voice.asks(alice, "start", words="techno"), voice.asks(bob, "start", words="harp")
        )
        await voice.until(lambda: sum("is on in" in text_of(each) for each in answers) == 1)
        await voice.until(lambda: any("Live in" in text_of(each) for each in answers))
        await voice.hears_live()
        assert voice.stage.bot.service.live_music.servers == {voice.wire.guild.id}
        assert len(await voice.stage.store.radios.all()) == 1


async def test_a_radio_is_restored_after_a_restart_with_listeners(tmp_path):
    """The same radio continues; without listeners it does not."""
    async with open_radio_channel(tmp_path) as voice:
        message = await voice.asks(voice.stage.alice, "start")
        await voice.hears_music()
        await voice.until(lambda: "Now playing" in text_of(message))
        (plan,) = await voice.stage.store.radios.all()
        assert plan.message_id == message.id
        cog = voice.stage.bot.get_cog("Radio")
        await cog.radios.close()
        await voice.until(lambda: not voice.is_there)
        assert await voice.stage.store.radios.all() == [plan]
        await cog.radios.restore()
        await voice.until(lambda: voice.is_there)
        await voice.hears_music()
        await cog.radios.close()
        await voice.until(lambda: not voice.is_there)
        await moves.leave(voice.wire, voice.stage.alice, voice.wire.guild.id)
        await voice.until(lambda: not cog.bot.get_channel(voice.place.id).voice_states)
        await cog.radios.restore()
        assert voice.radio is None
        assert await voice.stage.store.radios.all() == []


async def test_a_jam_radio_follows_the_track(tmp_path):
    """A turn made meanwhile is played next; a jam of another server is refused."""
    async with open_radio_channel(tmp_path, clips=0) as voice:
        stage, wire, alice = voice.stage, voice.wire, voice.stage.alice
        thread = await start_jam(wire, alice, stage.channel, bars=4)
        assert "no such jam" in text_of(await voice.asks(alice, "start", jam=99))

        async def take(words):
            sent = await take_turn(wire, alice, thread, words)
            await wire.until(lambda: sent.message is not None and sent.message.files)

        message = await voice.asks(alice, "start", jam=1)
        await voice.until(lambda: "this jam has no music yet" in text_of(message))
        await take("beat")
        await voice.until(lambda: voice.radio.clip_id == 1)
        await voice.hears_music()
        await take("more")
        await voice.until(lambda: voice.radio.clip_id == 2)
        assert "plays one jam, as it grows now" in text_of(await voice.asks(alice, "source", jam=1))
        (plan,) = await stage.store.radios.all()
        assert plan.jam_id == 1


async def test_a_turn_of_a_jam_that_is_no_longer_the_source_is_not_played(tmp_path):
    """The source changes while the turn's track is loaded: the new source is played at once."""
    async with open_radio_channel(tmp_path, clips=0) as voice:
        stage, wire, alice = voice.stage, voice.wire, voice.stage.alice
        thread = await start_jam(wire, alice, stage.channel, bars=4)
        sent = await take_turn(wire, alice, thread, "beat")
        await wire.until(lambda: sent.message is not None and sent.message.files)
        await voice.asks(alice, "start", jam=1)
        await voice.until(lambda: voice.radio is not None and voice.radio.clip_id == 1)
        session, loads = voice.radio, stage.bot.service.radio._turn
        async with loads:
            sent = await take_turn(wire, alice, thread, "more")
            await voice.until(lambda: session._played[-1] == 2)
            playing = session.radio.mixer.now
            recent = replace(session.plan, source=RadioSource.RECENT, jam_id=None)
            changing = asyncio.create_task(session.change(recent))
            await voice.until(lambda: session.plan.source is RadioSource.RECENT)
        await asyncio.wait_for(changing, 60)
        assert session.radio.mixer.now is not playing


async def test_missing_permissions_give_a_sentence(tmp_path):
    """Missing permissions, a full channel, a stage, a person in no channel: refused beforehand."""
    async with open_radio_channel(tmp_path, clips=0) as voice:
        alice, bob, wire = voice.stage.alice, voice.stage.bob, voice.wire
        assert "Join a voice channel first" in text_of(await voice.asks(bob, "start"))
        channel = voice.stage.bot.get_channel(voice.place.id)
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
                wire, wire.owner, voice.place.id, wire.me.id, deny=deny
            )
            await voice.until(lambda deny=deny: channel.overwrites_for(me).pair()[1].value == deny)
            assert words in text_of(await voice.asks(alice, "start"))
        await managing.set_channel_rights(wire, wire.owner, voice.place.id, wire.me.id)
        voice.place.user_limit = 1
        await managing.rename_channel(wire, wire.owner, voice.place.id, "tight")
        await voice.until(lambda: channel.user_limit == 1)
        assert "is full" in text_of(await voice.asks(alice, "start"))
        stage = await managing.create_channel(wire, wire.owner, "stage", type=ChannelType.STAGE)
        await voice.until(lambda: voice.stage.bot.get_channel(stage.id) is not None)
        await moves.join(wire, alice, stage)
        await voice.until(lambda: voice.stage.bot.get_channel(stage.id).voice_states)
        assert "audience" in text_of(await voice.asks(alice, "start"))
        assert voice.radio is None
        assert not voice.is_there


async def test_a_radio_leaves_when_alone_or_without_a_channel(tmp_path):
    """With a message that names the reason; it can be started again."""
    async with open_radio_channel(tmp_path) as voice:
        alice, cog = voice.stage.alice, voice.stage.bot.get_cog("Radio")
        cog.radios = RadioSessions(cog.bot, radio_view, RadioTimings(alone_seconds=0.2))
        message = await voice.asks(alice, "start")
        await voice.hears_music()
        await moves.leave(voice.wire, alice, voice.wire.guild.id)
        await voice.until(lambda: not voice.is_there)
        await voice.until(lambda: "Everybody had left" in text_of(message))
        cog.radios = RadioSessions(cog.bot, radio_view)
        await moves.join(voice.wire, alice, voice.place)
        channel = voice.stage.bot.get_channel(voice.place.id)
        await voice.until(lambda: alice.id in channel.voice_states)
        message = await voice.asks(alice, "start")
        await voice.hears_music()
        await managing.delete_channel(voice.wire, voice.wire.owner, voice.place.id)
        await voice.until(lambda: "its channel is gone" in text_of(message))
        await voice.until(lambda: voice.radio is None)


async def test_two_sources_at_once_end_in_one_of_them(tmp_path):
    """What plays is what the kept plan says, whichever of the two came last."""
    async with open_radio_channel(tmp_path, clips=1) as voice:
        await voice.asks(voice.stage.alice, "start")
        await voice.hears_music()
        session = voice.radio
        live = replace(session.plan, source=RadioSource.LIVE, words=(("techno", 1.0),))
        recent = replace(session.plan, source=RadioSource.RECENT)
        await asyncio.gather(session.change(live), session.change(recent))
        (kept,) = await voice.stage.store.radios.all()
        assert kept.source is session.plan.source is RadioSource.RECENT
        assert session.radio.live_player is None
        assert session.plan.guild_id not in voice.stage.bot.service.live_music.servers


async def test_listeners_steer_live_music(tmp_path):
    """By words that pass the filter and the rate limit; clips can replace it."""
    async with open_radio_channel(tmp_path) as voice:
        alice, bob, clock = voice.stage.alice, voice.stage.bob, voice.stage.clock
        await voice.stage.bot.service.word_filter.add(voice.wire.guild.id, "noise")
        assert "isn't wanted" in text_of(await voice.asks(alice, "start", words="noise"))
        message = await voice.asks(alice, "start", words="techno")
        await voice.until(lambda: "Live in" in text_of(message))
        assert "techno" in text_of(message)
        await voice.until(lambda: len(voice.packets) > 10)
        assert set(message.buttons) == {"Words", "Stop"}
        await voice.until(lambda: voice.place.voice_status == "📻 techno")
        assert "no next clip" in text_of(await voice.asks(alice, "skip"))
        assert "Join" in text_of(await voice.asks(bob, "words", words="harp"))
        assert "isn't wanted" in text_of(await voice.asks(alice, "words", words="more noise"))
        shown = text_of(await voice.asks(alice, "words", words="harp", weight=3.0))
        assert "harp** 75%" in shown
        await voice.until(lambda: "harp" in text_of(message))
        assert "steer again in" in text_of(await voice.asks(alice, "words", words="choir"))
        clock.now += 10
        assert "choir" in text_of(await voice.asks(alice, "words", words="choir"))
        (plan,) = await voice.stage.store.radios.all()
        assert [text for text, _ in plan.words] == ["techno", "harp", "choir"]
        assert "latest clips now" in text_of(await voice.asks(alice, "source", source="recent"))
        await voice.until(lambda: "Now playing" in text_of(message))
        assert "plays clips" in text_of(await voice.asks(alice, "words", words="harp"))
        await voice.until(lambda: voice.stage.bot.pipeline.executor.running == 0)


async def test_live_music_is_steered_by_form_and_chat(tmp_path):
    """By the button's form, or by a message that mentions the bot in the radio's channel.

    Somebody who sends many lines is asked once to wait. Filtered words are refused.
    """
    async with open_radio_channel(tmp_path) as voice:
        stage, wire = voice.stage, voice.wire
        alice, bob, clock = stage.alice, stage.bob, stage.clock
        await stage.bot.service.word_filter.add(wire.guild.id, "noise")
        message = await voice.asks(alice, "start", words="techno")
        await voice.until(lambda: "Live in" in text_of(message))

        async def fills_in(who, words, amount="1"):
            press = wire.new_press(who, message, "Words")
            await wire.send(press)
            await voice.until(lambda: press.modal)
            sent = await submit_modal(wire, who, press.id, {"words": words, "amount": amount})
            await voice.until(lambda: sent.message is not None)
            return text_of(sent.message)

        assert "harp" in await fills_in(alice, "harp", "2")
        clock.now += 10
        assert "isn't wanted" in await fills_in(alice, "noise")
        press = wire.new_press(bob, message, "Words")
        await wire.send(press)
        await voice.until(lambda: press.message is not None)
        assert "Join" in text_of(press.message)

        def answers():
            return [
                text_of(each) for each in voice.place.messages.values() if each.author is wire.me
            ]

        await wire.write(alice, voice.place, "choir")
        await voice.until(lambda: any("choir" in each for each in answers()))
        for words in ("bells", "flute", "drums"):
            await wire.write(alice, voice.place, words)
        await wire.write(bob, voice.place, "guitar")
        await voice.until(lambda: any("Join" in each for each in answers()))
        assert len([each for each in answers() if "steer again in" in each]) == 1
        (plan,) = await stage.store.radios.all()
        assert [text for text, _ in plan.words] == ["techno", "harp", "choir"]
        assert await stage.store.jobs.unfinished() == []


async def test_words_without_meaning_are_refused(tmp_path):
    """What can't be seen would take a share of the music, and nobody could take it away again."""
    async with open_radio_channel(tmp_path, clips=0) as voice:
        alice, clock = voice.stage.alice, voice.stage.clock
        assert "no words" in text_of(await voice.asks(alice, "start", words="\u200b\u202e"))
        await voice.until(lambda: voice.radio is None)
        message = await voice.asks(alice, "start", words="te\u202ech\u200bno")
        await voice.until(lambda: "Live in" in text_of(message))
        assert voice.radio.plan.words == (("techno", 1.0),)
        assert "no words" in text_of(await voice.asks(alice, "words", words=" \u200b"))
        clock.now += 10
        await voice.asks(alice, "words", words="ha\u200brp")
        assert [text for text, _ in voice.radio.plan.words] == ["techno", "harp"]
