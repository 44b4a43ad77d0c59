"""The channel for the best clips: posted once, with the number of stars that is true."""

from __future__ import annotations

from cogs.best_of import MAY_NOT_POST
from tests.cogs.test_stars import press_star
from tests.support.jam_server import open_jam


async def test_a_starred_clip_is_posted_once_with_its_current_count(tmp_path):
    """Whoever stars or unstars it, and whatever the bot forgot; a deleted clip's post goes."""
    async with open_jam(tmp_path) as jam:
        best = jam.guild.create_text_channel("best")
        said = await jam.owner.slash(jam.channel, "admin best", channel=best, stars=1)
        assert f"<#{best.id}> once they have 1 star." in said.response.content
        clip = (await jam.music(seconds=1.0)).response
        await press_star(jam, clip, jam.alice)
        await jam.idle()
        assert best.history() == []
        await press_star(jam, clip, jam.bob)
        await jam.idle()
        (post,) = best.history()
        assert post.content.startswith("⭐ **1** · ")
        assert f"<@{jam.alice.id}>" in post.content
        assert str(clip.id) in post.content
        await press_star(jam, clip, jam.owner)
        await press_star(jam, clip, jam.bob)
        await press_star(jam, clip, jam.owner)
        await jam.idle()
        (post,) = best.history()
        assert post.content.startswith("⭐ **0** · ")
        # Posted, and not recorded before a kill.
        async with jam.store.best_of._database.transaction() as connection:
            await connection.execute("UPDATE best_of_posts SET message_id = NULL, is_due = 1")
        await jam.bot.get_cog("BestOf").run_due()
        assert len(best.history()) == 1
        await jam.pipeline.library.delete(await jam.store.clips.get(1))
        await jam.bot.get_cog("BestOf").run_due()
        await jam.idle()
        assert best.history() == []
        ended = await jam.owner.slash(jam.channel, "admin best")
        assert "no longer collect" in ended.response.content


async def test_an_inaccessible_channel_is_reported_to_managers(tmp_path):
    """Each clip once, and not again before it is given another star."""
    async with open_jam(tmp_path) as jam:
        log, best = (jam.guild.create_text_channel(name) for name in ("log", "best"))
        await jam.owner.slash(jam.channel, "admin log", channel=log)
        await jam.owner.slash(jam.channel, "admin best", channel=best, stars=1)
        clip = (await jam.music(seconds=1.0)).response
        path = f"/channels/{best.id}/messages"
        jam.env.inject_error("POST", path, status=403, code=50013, times=None)
        await press_star(jam, clip, jam.bob)
        await jam.idle()
        assert "could not post clip 1" in log.history()[-1].content
        said = len(log.history())
        await jam.bot.get_cog("BestOf").run_due()
        await jam.idle()
        assert len(log.history()) == said
        jam.env.backend.faults.clear()
        await press_star(jam, clip, jam.owner)
        await jam.idle()
        assert best.history()[-1].content.startswith("⭐ **2** · ")
        role = jam.bot.get_guild(jam.guild.id).default_role
        await jam.bot.get_channel(best.id).set_permissions(role, attach_files=False)
        await jam.env.settle()
        refused = await jam.owner.slash(jam.channel, "admin best", channel=best)
        assert refused.response.content == str(MAY_NOT_POST.fill(channel=f"<#{best.id}>"))


async def test_clips_of_private_channels_are_not_reposted(tmp_path):
    """A clip of a hidden channel stays there, whatever its stars."""
    async with open_jam(tmp_path) as jam:
        best = jam.guild.create_text_channel("best")
        everyone = jam.bot.get_guild(jam.guild.id).default_role
        channel = jam.bot.get_channel(jam.channel.id)
        await channel.set_permissions(everyone, view_channel=False)
        await jam.env.settle()
        await jam.owner.slash(jam.channel, "admin best", channel=best, stars=1)
        await jam.owner.slash(jam.channel, "music", prompt="90s rock", seconds=1.0)
        await jam.idle()
        clip = await jam.store.clips.get(1)
        await jam.store.stars.give(clip, jam.bob.id)
        await jam.bot.get_cog("BestOf").run_due()
        assert best.history() == []
        assert await jam.store.best_of.due() == []
