"""The channel for the best clips: each is posted once, with its current number of stars."""

from __future__ import annotations

from bot.store.retention import sweep
from cogs.best_of import MAY_NOT_POST
from cogs.presentation import log_messages
from tests.cogs.test_stars import press_star
from tests.support.simulated_server import open_server


async def test_a_starred_clip_is_posted_once_with_its_current_count(tmp_path):
    """A post follows every change of stars; it is deleted with its clip."""
    async with open_server(tmp_path) as server:
        best = server.guild.create_text_channel("best")
        answer = await server.owner.slash(server.channel, "admin best", channel=best, stars=1)
        assert f"<#{best.id}> once they have 1 star." in answer.response.content
        clip = (await server.music(seconds=1.0)).response
        await press_star(server, clip, server.alice)
        await server.idle()
        assert best.history() == []
        await press_star(server, clip, server.bob)
        await server.idle()
        (post,) = best.history()
        assert post.content.startswith("⭐ **1** · ")
        assert f"<@{server.alice.id}>" in post.content
        assert str(clip.id) in post.content
        await press_star(server, clip, server.owner)
        await press_star(server, clip, server.bob)
        await press_star(server, clip, server.owner)
        await server.idle()
        (post,) = best.history()
        assert post.content.startswith("⭐ **0** · ")
        # Posted, but the bot was killed before it recorded the post.
        async with server.store.best_of._database.transaction() as connection:
            await connection.execute("UPDATE best_of_posts SET message_id = NULL, is_due = 1")
        await server.bot.get_cog("BestOf").run_due()
        assert len(best.history()) == 1
        await server.pipeline.library.delete(await server.store.clips.get(1))
        await server.bot.get_cog("BestOf").run_due()
        await server.idle()
        assert best.history() == []
        ended = await server.owner.slash(server.channel, "admin best")
        assert "no longer collect" in ended.response.content


async def test_an_inaccessible_channel_is_reported_to_managers(tmp_path):
    """Once for each clip, and again only after it got another star."""
    async with open_server(tmp_path) as server:
        log, best = (server.guild.create_text_channel(name) for name in ("log", "best"))
        await server.owner.slash(server.channel, "admin log", channel=log)
        await server.owner.slash(server.channel, "admin best", channel=best, stars=1)
        clip = (await server.music(seconds=1.0)).response
        path = f"/channels/{best.id}/messages"
        server.env.inject_error("POST", path, status=403, code=50013, times=None)
        await press_star(server, clip, server.bob)
        await server.idle()
        assert "could not post clip 1" in log.history()[-1].content
        count = len(log.history())
        await server.bot.get_cog("BestOf").run_due()
        await server.idle()
        assert len(log.history()) == count
        server.env.backend.faults.clear()
        await press_star(server, clip, server.owner)
        await server.idle()
        assert best.history()[-1].content.startswith("⭐ **2** · ")
        role = server.bot.get_guild(server.guild.id).default_role
        await server.bot.get_channel(best.id).set_permissions(role, attach_files=False)
        await server.env.settle()
        refused = await server.owner.slash(server.channel, "admin best", channel=best)
        assert refused.response.content == str(MAY_NOT_POST.fill(channel=f"<#{best.id}>"))


async def test_managers_learn_that_the_channel_of_the_best_clips_is_deleted(tmp_path):
    """At the next clip for it, and not for each star of what went with the channel."""
    async with open_server(tmp_path) as server:
        log, best = (server.guild.create_text_channel(name) for name in ("log", "best"))
        await server.owner.slash(server.channel, "admin log", channel=log)
        await server.owner.slash(server.channel, "admin best", channel=best, stars=1)
        first, second = [(await server.music(seconds=1.0)).response for _ in range(2)]
        await press_star(server, first, server.bob)
        await server.idle()
        assert len(best.history()) == 1
        await server.bot.get_channel(best.id).delete()
        count = len(log.history())
        await press_star(server, first, server.owner)
        await server.idle()
        assert len(log.history()) == count
        await press_star(server, second, server.bob)
        await server.idle()
        told = log.history()[-1].content
        assert told == str(log_messages.NO_CHANNEL_FOR_BEST.fill(id=2))


async def test_clips_of_private_channels_are_not_reposted(tmp_path):
    """A clip of a hidden channel is never posted elsewhere."""
    async with open_server(tmp_path) as server:
        best = server.guild.create_text_channel("best")
        everyone = server.bot.get_guild(server.guild.id).default_role
        channel = server.bot.get_channel(server.channel.id)
        await channel.set_permissions(everyone, view_channel=False)
        await server.env.settle()
        await server.owner.slash(server.channel, "admin best", channel=best, stars=1)
        await server.owner.slash(server.channel, "music", prompt="90s rock", seconds=1.0)
        await server.idle()
        clip = await server.store.clips.get(1)
        await server.store.stars.give(clip, server.bob.id)
        await server.bot.get_cog("BestOf").run_due()
        assert best.history() == []
        assert await server.store.best_of.due() == []


async def test_the_post_of_an_expired_clip_stays(tmp_path):
    """Whether its last change was shown before the clip expired, or was about to be."""
    async with open_server(tmp_path) as server:
        best = server.guild.create_text_channel("best")
        await server.owner.slash(server.channel, "admin best", channel=best, stars=1)
        await server.music(seconds=1.0)
        await server.music(seconds=1.0)
        first, second = [await server.store.clips.get(number) for number in (1, 2)]
        for clip in (first, second):
            await server.store.stars.give(clip, server.bob.id)
        collector = server.bot.get_cog("BestOf")
        await collector.run_due()
        await server.store.stars.give(second, server.owner.id)
        (changed,) = await server.store.best_of.due()
        server.clock.now += 31 * 86_400
        await sweep(server.store, 30, server.clock.now)
        assert (await server.store.clips.get(1)).is_deleted
        await collector._update(changed)
        await collector.run_due()
        assert len(best.history()) == 2
        assert await server.store.best_of.due() == []


async def test_a_server_in_an_outage_at_the_start_loses_no_post(tmp_path):
    """Its channels are unknown then, which does not make the clip one of a hidden channel."""
    async with open_server(tmp_path) as server:
        best = server.guild.create_text_channel("best")
        await server.owner.slash(server.channel, "admin best", channel=best, stars=1)
        await server.music(seconds=1.0)
        known, state = server.bot.get_guild(server.guild.id), server.bot._connection
        # As Discord's first event does.
        state._add_guild_from_data({"id": str(server.guild.id), "unavailable": True})
        await server.store.stars.give(await server.store.clips.get(1), server.bob.id)
        await server.bot.get_cog("BestOf").run_due()
        assert best.history() == []
        state._add_guild(known)
        await server.bot.get_cog("BestOf").run_due()
        assert len(best.history()) == 1


async def test_a_clip_that_could_not_be_posted_goes_where_the_best_are_collected_now(tmp_path):
    """With its next star: in another channel by then, or in none."""
    async with open_server(tmp_path) as server:
        closed, best = (server.guild.create_text_channel(name) for name in ("closed", "best"))
        await server.owner.slash(server.channel, "admin best", channel=closed, stars=1)
        first, second = [(await server.music(seconds=1.0)).response for _ in range(2)]
        path = f"/channels/{closed.id}/messages"
        server.env.inject_error("POST", path, status=403, code=50013, times=2)
        for clip in (first, second):
            await press_star(server, clip, server.bob)
            await server.idle()
        await server.owner.slash(server.channel, "admin best", channel=best, stars=1)
        await press_star(server, first, server.owner)
        await server.idle()
        assert len(best.history()) == 1
        await server.owner.slash(server.channel, "admin best")
        await press_star(server, second, server.owner)
        await server.idle()
        assert len(best.history()) == 1
        assert closed.history() == []
