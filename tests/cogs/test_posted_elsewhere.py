"""Clips that are posted in another channel than the one where they were asked for."""

from __future__ import annotations

import discord

from cogs.presentation import history_messages, messages
from cogs.views.delete_question import DELETED
from tests.cogs.test_history import numbers
from tests.support.simulated_server import hold_clip, open_server


def answer_of(result):
    return result.followups[-1] if result.followups else result.response


def players(channel):
    return [each for each in channel.history() if each.attachments]


async def delete_from_history(server):
    """Delete clip 1 by its number in Alice's history; return the answer."""
    listed = await server.alice.slash(server.channel, "history")
    played = answer_of(await server.press(listed.response, "1"))
    asked = answer_of(await server.press(played, "Delete"))
    await server.press(asked, "Delete")
    return asked.content


async def post_in(server, channel):
    """Post Alice's private clip 1 from her history, in a channel."""
    listed = await server.alice.slash(channel, "history")
    played = answer_of(await server.press(listed.response, "1"))
    return answer_of(await server.press(played, "Post it"))


async def elsewhere(server):
    """Add a server that the bot and Alice are on, too; return its channel and her there."""
    guild = server.env.create_guild("Elsewhere", owner=server.env.create_user("mallory"))
    channel = guild.create_text_channel("lobby")
    member = guild.add_member(server.alice)
    await server.env.settle()
    return channel, member


async def test_a_private_clip_is_deleted_where_it_was_posted(tmp_path):
    """It is linked there, and no sound is left when *Deleted.* is answered."""
    async with open_server(tmp_path) as server:
        other = server.guild.create_text_channel("other")
        await server.music(seconds=1.0, private=True)
        await post_in(server, other)
        (posted,) = players(other)
        clip = await server.store.clips.get(1)
        assert (clip.origin.channel_id, clip.message_id) == (other.id, posted.id)
        assert f"/{other.id}/{posted.id}" in str(messages.link(clip))
        assert await delete_from_history(server) == str(DELETED)
        assert players(other) == []
        assert await server.store.check() == []


async def test_a_posted_clip_is_seen_by_those_who_see_its_channel(tmp_path):
    """Not by those who only see the channel where it was ordered."""
    async with open_server(tmp_path) as server:
        hidden = {server.bob: discord.PermissionOverwrite(view_channel=False)}
        studio = server.guild.create_text_channel("studio", overwrites=hidden)
        await server.music(seconds=1.0, private=True)
        await server.alice.slash(studio, "clip", clip="1")
        await server.idle()
        assert len(players(studio)) == 1
        listed = await server.bob.slash(server.channel, "history", whose="everyone")
        assert listed.response.content == str(history_messages.NOTHING_HERE)
        refused = await server.bob.slash(server.channel, "clip", clip="1")
        assert answer_of(refused).content == str(messages.NO_CLIP)
        listed = await server.owner.slash(server.channel, "history", whose="everyone")
        assert numbers(listed.response) == ["1"]
        assert await delete_from_history(server) == str(DELETED)
        assert players(studio) == []


async def test_a_held_clip_is_deleted_where_it_was_fetched(tmp_path):
    """On its server, in another channel."""
    async with open_server(tmp_path) as server:
        other = server.guild.create_text_channel("other")
        await hold_clip(server)
        listed = await server.alice.slash(other, "history")
        await server.press(listed.response, "Get clip 1")
        assert len(players(other)) == 1
        assert (await server.store.clips.get(1)).origin.channel_id == other.id
        assert await delete_from_history(server) == str(DELETED)
        assert players(other) == []


async def test_private_and_held_clips_stay_on_their_server(tmp_path):
    """On another server nothing is posted or published, by no command and no button."""
    async with open_server(tmp_path) as server:
        channel, alice = await elsewhere(server)
        await hold_clip(server)
        await server.music(seconds=1.0, private=True)
        listed = (await alice.slash(channel, "history")).response
        refused = answer_of(await alice.click(listed, label="Get clip 1"))
        assert refused.content == str(messages.GET_ELSEWHERE.fill(id=1))
        typed = answer_of(await alice.slash(channel, "clip", clip="2"))
        assert typed.content == str(messages.POST_ELSEWHERE.fill(id=2))
        played = answer_of(await alice.click(listed, label="1"))
        await server.idle()
        pressed = answer_of(await alice.click(played, label="Post it"))
        assert pressed.content == str(messages.POST_ELSEWHERE.fill(id=2))
        await server.idle()
        assert [each for each in players(channel) if not each.flags.ephemeral] == []
        assert (await server.store.clips.get(2)).is_private
        assert [clip.id for clip in await server.store.clips.held_of(server.alice.id, 9)] == [1]
