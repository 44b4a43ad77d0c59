"""What follows a change on Discord is done also if a connection breaks or an answer is refused."""

from __future__ import annotations

from dataclasses import replace

from bot.config import Config, DiscordConfig
from bot.demo.discord.actions import talk
from bot.demo.discord.actions.components import submit_modal
from cogs.presentation import messages
from tests.support.discord_wire.server import clips
from tests.support.discord_wire.stage import open_stage
from tests.support.radio_channel import open_radio_channel, text_of
from tests.support.timings import quick

CALLBACK = "/interactions/*/*/callback"
ELSEWHERE = 4242


async def test_a_radio_shows_the_words_that_steer_it_whether_or_not_they_are_confirmed(tmp_path):
    """Words typed as a command, and those of the form."""
    async with open_radio_channel(tmp_path) as voice:
        wire, alice = voice.wire, voice.stage.alice
        message = await voice.asks(alice, "start", words="techno")
        await voice.until(lambda: "Live in" in text_of(message))
        wire.fail("POST", CALLBACK, status=400, code=200000)
        assert text_of(await voice.asks(alice, "words", words="harp")) == str(messages.UNEXPECTED)
        await voice.until(lambda: "harp" in text_of(message))
        voice.stage.clock.now += 10
        press = wire.new_press(alice, message, "Words")
        await wire.send(press)
        await voice.until(lambda: press.modal)
        wire.fail("POST", CALLBACK, status=400, code=200000)
        await submit_modal(wire, alice, press.id, {"words": "choir", "amount": "1"})
        await voice.until(lambda: "choir" in text_of(message))


async def test_a_star_counts_although_the_connection_breaks(tmp_path):
    """The clip comes to the best ones even if its own message can't be edited."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        wire = stage.wire
        # What is due is done then, too.
        await wire.until(stage.bot.is_ready)
        await stage.bot.service.stars.begin_best_of(wire.guild.id, stage.channel.id, 1)
        clip = (
            await wire.until(lambda: next(iter(wire.with_clips()), None))
            if (await stage.music())
            else None
        )
        await stage.final_job()
        wire.fail("PATCH", f"/channels/*/messages/{clip.id}", reset=True)
        await talk.react(wire, stage.bob, stage.channel.id, clip.id, "⭐")
        await wire.until(
            lambda: any(each.content.startswith("⭐ **1**") for each in stage.channel.seen)
        )


async def test_a_clip_that_is_made_is_not_told_as_a_failure(tmp_path):
    """Although the connection breaks while words that the model does not know are told."""
    async with open_stage(tmp_path, timings=quick(), vocabulary=frozenset({"jazz"})) as stage:
        wire = stage.wire
        told = wire.fail("POST", "/webhooks/*", reset=True)
        asked = await stage.music(prompt="qwrtz jazz")
        await stage.final_job()
        await wire.until(lambda: told.hits)
        await stage.bot.commands_in_flight.finish(60)
        assert clips(asked.message)
        assert len(wire.requests("POST", "/webhooks/")) == 1


async def test_a_server_is_left_although_the_connection_breaks(tmp_path):
    """Its notice is not essential."""
    elsewhere = DiscordConfig(allowed_servers=(ELSEWHERE,))
    config = replace(Config(), discord=elsewhere)
    async with open_stage(tmp_path, config=config, timings=quick()) as stage:
        wire = stage.wire
        wire.fail("POST", "/channels/*/messages", reset=True)
        guild = await wire.until(lambda: stage.bot.get_guild(wire.guild.id))
        stage.bot.dispatch("guild_join", guild)
        await wire.until(lambda: wire.requests("DELETE", f"/users/@me/guilds/{guild.id}"))
