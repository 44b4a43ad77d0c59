"""The soundboard of the demo's Discord refuses what Discord refuses."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import soundfile

from bot.demo.discord.refusals import Refusal
from bot.demo.discord.rights import Right
from bot.demo.discord.state import Discord
from bot.demo.discord.voice.soundboards import create_sound, delete_sound, shown_sounds


def mp3(seconds):
    """Silence as a data URI."""
    file = io.BytesIO()
    soundfile.write(file, np.zeros(round(seconds * 48_000)), 48_000, format="MP3")
    return "data:audio/mpeg;base64," + base64.b64encode(file.getvalue()).decode()


async def refused(doing):
    with pytest.raises(Refusal) as caught:
        await doing
    return caught.value.code


async def test_a_sound_is_short_small_and_named():
    """Anything else is an invalid form."""
    discord = Discord()
    guild, good = discord.guild, {"name": "horn", "sound": mp3(1.0)}
    made = await create_sound(discord, guild, discord.me, good)
    assert [each["name"] for each in shown_sounds(discord, guild)] == ["horn"]
    large = "data:audio/mpeg;base64," + base64.b64encode(bytes(512_001)).decode()
    for wrong in (
        {"name": "x"}, {"name": "x" * 33}, {"name": None}, {"volume": 2},
        {"sound": mp3(6.0)}, {"sound": large}, {"sound": "data:audio/mpeg;base64,AAAA"},
        {"sound": "data:image/png;base64,AAAA"}, {"sound": None},
    ):  # fmt: skip
        assert await refused(create_sound(discord, guild, discord.me, good | wrong)) == 50035
    await delete_sound(discord, guild, discord.me, made.id)
    assert await refused(delete_sound(discord, guild, discord.me, made.id)) == 10097


async def test_the_soundboard_checks_permissions_and_free_slots():
    """People can delete their own sounds, managers those of others."""
    discord = Discord()
    guild, good = discord.guild, {"name": "horn", "sound": mp3(0.5)}
    guest = discord.add_person("guest")
    discord.add_member(guild, guest)
    sounds = [await create_sound(discord, guild, discord.me, good) for _ in range(8)]
    assert await refused(create_sound(discord, guild, guest, good)) == 30045
    assert await refused(delete_sound(discord, guild, guest, sounds[0].id)) == 50013
    guild.roles[guild.id].rights &= ~Right.CREATE_EXPRESSIONS
    assert await refused(create_sound(discord, guild, guest, good)) == 50013
    assert await refused(delete_sound(discord, guild, discord.me, sounds[0].id)) == 50013
    await delete_sound(discord, guild, discord.owner, sounds[0].id)
    assert len(shown_sounds(discord, guild)) == 7
