"""Private answers at the wire: unseen until posted, also if the bot ends while it posts."""

from __future__ import annotations

from bot import failpoints
from tests.support.discord_wire.stage import open_stage
from tests.support.timings import quick


def players(stage):
    """The players that everybody sees in the channel."""
    return [each for each in stage.channel.seen if each.files and not each.is_ephemeral]


async def restarted(stage):
    """Close what an earlier run left open, as a start does."""
    cog = stage.bot.get_cog("AnswerCleanup")
    await cog.cog_load()
    await cog._ending


async def test_what_was_posted_when_the_bot_ended_stays_as_it_is(tmp_path, monkeypatch):
    """A start finds the open answer, and leaves it because it shows a clip."""
    async with open_stage(tmp_path, timings=quick(), answer_seconds=0.1) as stage:
        wire = stage.wire
        asked = await stage.music(private=True)
        mine = await wire.until(lambda: asked.message)
        await wire.until(lambda: mine.files)
        assert mine.is_ephemeral
        assert players(stage) == []
        assert await stage.used() == 1.0
        await stage.final_job()
        monkeypatch.setenv(failpoints.VARIABLE, "clip.published=raise")
        press = wire.new_press(stage.alice, mine, "Post it")
        await wire.send(press)
        await wire.until(lambda: press.message and press.message.content)
        assert players(stage) == []
        monkeypatch.setenv(failpoints.VARIABLE, "clip.shown_to_all=stall:600")
        press = wire.new_press(stage.alice, mine, "Post it")
        await wire.send(press)
        (posted,) = await wire.until(lambda: players(stage))
        content = posted.content
        await restarted(stage)
        assert await stage.store.open_answers.all() == []
        stage.stop.set()
        await stage.connection
        assert (posted.content, len(posted.files)) == (content, 2)
        assert posted.payload["components"]
        clip = await stage.store.clips.get(1)
        assert not clip.is_private
        assert await stage.store.check() == []
