"""A radio whose plan can't be written, or whose message can't be edited."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace

from bot.demo.discord.channels import ChannelType
from bot.demo.discord.voice import moves
from bot.store.database import FILE
from tests.support.radio_channel import open_radio_channel, text_of


async def test_a_radio_whose_plan_can_not_be_kept_leaves(tmp_path):
    """A failed write ends the start: the bot does not stay in the channel, silent for ever."""
    async with open_radio_channel(tmp_path, clips=1) as voice:
        with refused_writes(voice):
            await voice.begins_to_ask(voice.stage.alice, "start")
            shown = voice.stage.channel.messages
            await voice.until(lambda: any("went wrong" in text_of(each) for each in shown.values()))
            assert not any("Tuning in" in text_of(each) for each in shown.values())
            await voice.until(lambda: not voice.is_there)
            assert voice.radio is None
        await voice.asks(voice.stage.alice, "start")
        await voice.hears_music()


async def test_a_radio_that_fails_to_come_back_is_kept(tmp_path):
    """The restart goes on without it, and the next one tries again."""
    async with open_radio_channel(tmp_path, clips=1) as voice:
        await voice.asks(voice.stage.alice, "start")
        await voice.hears_music()
        radios = voice.stage.bot.get_cog("Radio").radios
        await radios.close()
        await voice.until(lambda: not voice.is_there)
        with refused_writes(voice):
            await radios.restore()
            await voice.until(lambda: not voice.is_there)
            assert voice.radio is None
            assert len(await voice.stage.store.radios.all()) == 1
        await radios.restore()
        await voice.hears_music()


async def test_music_goes_on_while_its_message_can_not_be_edited(tmp_path):
    """The next clip is loaded all the same, however long Discord has the bot wait."""
    async with open_radio_channel(tmp_path, clips=2) as voice:
        message = await voice.asks(voice.stage.alice, "start")
        await voice.until(lambda: "Now playing" in text_of(message))
        mixer = voice.radio.radio.mixer
        await voice.until(lambda: mixer.next is not None)
        fault = voice.wire.fail("PATCH", "/channels/*/messages/*", retry_after=600.0)
        for _ in range(3):
            before, played = mixer.now, voice.radio.clip_id
            voice.radio.skip()
            await voice.until(lambda before=before: mixer.now not in (None, before))
            await voice.until(lambda: mixer.next is not None)
            await voice.until(lambda played=played: voice.radio.clip_id != played)
        assert fault.hits == 1


async def test_a_radio_that_was_stopped_meanwhile_does_not_come_back(tmp_path):
    """Others come back one after the other, which takes seconds each."""
    other = []

    def prepare(wire):
        other.append(wire.add_guild("next door"))
        other.append(wire.add_channel("radio", type=ChannelType.VOICE, guild=other[0]))

    async with open_radio_channel(tmp_path, clips=1, also=prepare) as voice:
        wire, bot = voice.wire, voice.stage.bot
        guild, place = other
        radios, service = bot.get_cog("Radio").radios, bot.service.radio
        await moves.join(wire, wire.owner, place)
        await voice.until(lambda: bot.get_channel(place.id).voice_states)
        await voice.asks(voice.stage.alice, "start")
        await voice.hears_music()
        await radios.close()
        (plan,) = await service.kept()
        await service.begin(replace(plan, guild_id=guild.id, channel_id=place.id))
        assert [each.guild_id for each in await service.kept()] == [plan.guild_id, guild.id]
        async with service._turn:
            restoring = asyncio.create_task(radios.restore())
            await voice.until(lambda: voice.is_there)
            await service.drop(guild.id)
        await restoring
        assert [each.plan.guild_id for each in radios.all()] == [plan.guild_id]
        assert await service.kept() == [plan]


async def test_the_message_of_a_radio_that_failed_says_that_it_is_off(tmp_path):
    """Such as where the database can't be read: it has left, and shows no clip as playing."""
    async with open_radio_channel(tmp_path, clips=2) as voice:
        message = await voice.asks(voice.stage.alice, "start")
        await voice.until(lambda: "Now playing" in text_of(message))
        await voice.until(lambda: voice.radio.radio.mixer.next is not None)
        with closing(sqlite3.connect(voice.stage.store.folder / FILE)) as database:
            database.execute("ALTER TABLE clips RENAME TO lost")
            voice.radio.skip()
            await voice.until(lambda: not voice.is_there)
            database.execute("ALTER TABLE lost RENAME TO clips")
        await voice.until(lambda: "is off" in text_of(message))
        assert not message.buttons
        await voice.asks(voice.stage.alice, "start")
        await voice.hears_music()


@contextmanager
def refused_writes(voice):
    """Let no plan of a radio be written meanwhile, as on a full disk."""
    with closing(sqlite3.connect(voice.stage.store.folder / FILE)) as database:
        database.execute(
            "CREATE TRIGGER refused BEFORE INSERT ON radios "
            "BEGIN SELECT RAISE(FAIL, 'the disk is full'); END"
        )
        yield
        database.execute("DROP TRIGGER refused")
