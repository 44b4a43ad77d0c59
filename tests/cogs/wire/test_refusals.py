"""Refused orders at the wire: private, and nothing of them is public."""

from __future__ import annotations

from dataclasses import replace

from bot.config import Config, LimitsConfig
from tests.support.discord_wire.files import File
from tests.support.discord_wire.server import clips
from tests.support.discord_wire.stage import open_stage
from tests.support.timings import quick


async def test_a_refused_order_shows_one_response(tmp_path):
    """For each reason known beforehand: one private answer, no public one before it."""
    config = replace(Config(), limits=LimitsConfig(daily_seconds=20.0, waiting_per_user=1))
    async with open_stage(tmp_path, config=config, people=4, timings=quick()) as stage:
        stage.bot.pipeline.executor.paused = True
        waiting, blocked, other, listening = stage.people
        guild_id = stage.wire.guild_id
        await stage.music(waiting)
        await stage.wait_for_queue(1)
        await stage.store.settings.block(guild_id, blocked.id, True)
        uploads = stage.bot.pipeline.uploads
        with uploads.reserve(listening.id), uploads.reserve(listening.id):
            refused = {
                "in the queue already": await stage.music(waiting),
                "can't make music here": await stage.music(blocked),
                "of music left today": await stage.music(other, seconds=30.0),
                "the files that you sent before": await stage.music(
                    listening, clip=File("a.mp3", b"anything")
                ),
            }
        await stage.bot.service.operations.set_draining(True)
        refused["about to be restarted"] = await stage.music(other)
        for sentence, asked in refused.items():
            assert sentence in asked.message.content
            assert asked.message.is_ephemeral
            assert asked.followups == []
        assert len(stage.channel.seen) == 1
        assert stage.wire.requests("DELETE") == []


async def test_refused_takes_do_not_affect_accepted_ones(tmp_path):
    """The message of the accepted takes stays; the refusal is private."""
    config = replace(Config(), limits=LimitsConfig(daily_seconds=2.0))
    async with open_stage(tmp_path, config=config, timings=quick()) as stage:
        asked = await stage.music(takes=3)
        await stage.final_job(1)
        await stage.final_job(2)
        await stage.wire.until(lambda: asked.followups)
        assert [each.is_ephemeral for each in asked.followups] == [True]
        assert "of music left today" in asked.followups[0].content
        assert [len(clips(each)) for each in stage.channel.seen] == [2]
        assert stage.wire.requests("DELETE") == []
