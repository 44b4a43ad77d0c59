"""A clip as Discord's own voice message, and when it is refused."""

from __future__ import annotations

import base64
import io

import numpy as np
import soundfile

from bot.demo.discord.actions import managing
from bot.demo.discord.payloads import VOICE_MESSAGE
from bot.demo.discord.rights import Right
from tests.support.discord_wire.server import clips
from tests.support.discord_wire.stage import open_stage
from tests.support.timings import quick


async def details_of(stage, message):
    """Press *Details*; return the answer."""
    press = stage.wire.new_press(stage.alice, message, "Details")
    await stage.wire.send(press)
    await stage.wire.until(lambda: press.message is not None and press.message.buttons)
    return press.message


async def asks_for_it(stage, details):
    """Press *Voice message*; return the private answer."""
    press = stage.wire.new_press(stage.alice, details, "Voice message")

    def responses():
        answers = [press.message, *press.followups]
        return [each.content for each in answers if each is not None and each.content]

    await stage.wire.send(press)
    await stage.wire.until(responses)
    return responses()[-1]


async def test_a_clip_becomes_a_voice_message(tmp_path):
    """Public Ogg Opus with length and waveform, where the permissions allow it."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        wire, channel = stage.wire, stage.channel
        await stage.music(prompt="90s rock", seconds=8.0)
        await stage.final_job()
        posted = next(each for each in channel.seen if clips(each))
        details = await details_of(stage, posted)
        me = wire.me.id
        await managing.set_channel_rights(
            wire, wire.owner, channel.id, me, deny=Right.SEND_VOICE_MESSAGES
        )
        assert "Send Voice Messages" in await asks_for_it(stage, details)
        await managing.set_channel_rights(
            wire, wire.owner, channel.id, me, allow=Right.SEND_VOICE_MESSAGES
        )
        assert "Posted below" in await asks_for_it(stage, details)
        (message,) = [each for each in channel.seen if each.flags & VOICE_MESSAGE]
        (file,) = message.files
        samples, rate_hz = soundfile.read(io.BytesIO(file.data))
        assert (rate_hz, file.media_type) == (48_000, "audio/ogg")
        assert abs(len(samples) / rate_hz - file.duration_seconds) < 0.05
        points = np.frombuffer(base64.b64decode(file.waveform), np.uint8)
        assert len(points) == 80
        assert points.max() == 255


async def test_clips_are_also_posted_as_voice_messages_by_preference(tmp_path):
    """Each replies to its card, which keeps prompt and buttons; without permission, none."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        wire, channel = stage.wire, stage.channel
        answer = await wire.slash(stage.alice, channel, "settings", voice=True)
        assert "followed by a voice message" in answer.message.content
        await stage.music(prompt="90s rock", seconds=2.0)
        await stage.final_job(1)

        def voices():
            return [each for each in channel.seen if each.flags & VOICE_MESSAGE]

        await wire.until(voices)
        card = next(each for each in channel.seen if clips(each))
        assert voices()[0].reference.id == card.id
        assert "Again" in card.buttons
        await managing.set_channel_rights(
            wire, wire.owner, channel.id, wire.me.id, deny=Right.SEND_VOICE_MESSAGES
        )
        await stage.music(prompt="jazz", seconds=2.0)
        await stage.final_job(2)
        await stage.music(stage.bob, prompt="blues", seconds=2.0)
        await stage.final_job(3)
        assert len(voices()) == 1
