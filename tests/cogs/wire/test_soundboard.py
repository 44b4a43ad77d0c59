"""A moment of a clip on the server's soundboard: added, removed, and refused."""

from __future__ import annotations

from bot.demo.discord.actions import managing
from bot.demo.discord.files import File
from bot.demo.discord.rights import Right
from bot.demo.discord.voice.board_sound import BoardSound
from bot.demo.discord.voice.soundboards import sounds_of
from tests.cogs.wire.test_voice_message import details_of
from tests.support.discord_wire.server import clips
from tests.support.discord_wire.stage import open_stage
from tests.support.timings import quick

SEND, TAKE_OFF = "Send to soundboard", "Take it off again"


async def test_a_clip_is_put_on_the_soundboard_and_taken_off_again(tmp_path):
    """With the permission and a free slot; the person who added it can remove it."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        wire, alice, guild = stage.wire, stage.alice, stage.wire.guild
        await stage.music(prompt="90s rock", seconds=8.0)
        await stage.final_job()
        posted = next(each for each in stage.channel.seen if clips(each))
        details = await details_of(stage, posted)

        async def presses(message, label):
            """Press a button; return the answer."""
            press = wire.new_press(alice, message, label)
            await wire.send(press)

            def answer():
                answers = [*press.followups, press.message]
                return next((each for each in answers if each is not None and each.content), None)

            await wire.until(lambda: press.answered_at and answer())
            return answer()

        async def says(label, words):
            shown = await presses(details, label)
            assert words in shown.content
            return shown

        everyone = guild.roles[guild.id]
        everyone.rights &= ~Right.CREATE_EXPRESSIONS
        await says(SEND, "you need the permission *Create Expressions*")
        role = await managing.create_role(wire, wire.owner, "Player", Right.CREATE_EXPRESSIONS)
        await managing.set_roles(wire, wire.owner, alice.id, [role.id])
        await says(SEND, "I need the permission *Create Expressions*")
        everyone.rights |= Right.CREATE_EXPRESSIONS
        for number in range(8):
            sound = BoardSound(number, "horn", File("horn.mp3", b""), wire.owner, guild.id)
            wire.voice.sounds[number] = sound
        await says(SEND, "soundboard is full")
        wire.voice.sounds.clear()

        shown = await says(SEND, "as **90s rock**: ")
        (sound,) = sounds_of(wire, guild)
        assert (sound.name, sound.person) == ("90s rock", wire.me)
        off = await presses(shown, TAKE_OFF)
        await wire.until(lambda: "is off the soundboard" in off.content)
        assert sounds_of(wire, guild) == []
        assert TAKE_OFF not in off.buttons

        shown = await says(SEND, "as **90s rock**: ")
        wire.voice.sounds.clear()
        assert "not on the soundboard any more" in (await presses(shown, TAKE_OFF)).content
