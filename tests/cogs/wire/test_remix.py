"""Remixes at the wire: the options of the command, and the card of a remix."""

from __future__ import annotations

from bot.domain.jobs import ClipSource, Keep, Kind
from bot.pipeline.engine_requests import NO_MELODY
from tests.support.discord_wire.stage import open_stage
from tests.support.timings import quick


async def test_a_remix_shows_its_prompt_and_keeps_the_chosen_part(tmp_path):
    """The joined prompt is on the card; the choice is stored with the job."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        await stage.music(seconds=4.0)
        clip = await stage.store.clips.of_job((await stage.final_job(1)).id)
        options = {"prompt": "make it jazzier", "mine": str(clip.id), "seconds": 2.0}
        chosen = {"keep": "start", "keep_seconds": 2.0}
        asked = await stage.wire.slash(stage.alice, stage.channel, "remix", **options, **chosen)
        job = await stage.final_job(2)
        assert (job.order.kind, job.order.prompt) == (Kind.REMIX, "90s jazz rock")
        assert isinstance(job.order.source, ClipSource)
        assert (job.order.source.keep, job.order.source.keep_seconds) == (Keep.START, 2.0)
        (embed,) = asked.message.payload["embeds"]
        assert "90s jazz rock" in embed["description"]
        assert await stage.used(stage.alice) == 6.0


async def test_unsupported_parts_to_keep_are_refused_privately(tmp_path):
    """The refusal names a model that supports it; nothing is charged."""
    async with open_stage(tmp_path, timings=quick()) as stage:
        await stage.music(seconds=1.0)
        clip = await stage.store.clips.of_job((await stage.final_job(1)).id)
        options = {"prompt": "jazz", "mine": str(clip.id), "keep": "tune"}
        asked = await stage.wire.slash(stage.alice, stage.channel, "remix", **options)
        assert asked.message.payload["content"] == str(NO_MELODY)
        assert asked.message.is_ephemeral
        assert await stage.used(stage.alice) == 1.0
