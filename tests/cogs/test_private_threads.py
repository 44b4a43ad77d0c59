"""Clips of private threads are shown to their members and to those who manage threads."""

from __future__ import annotations

from types import SimpleNamespace

import discord

from cogs.presentation import history_messages, messages
from cogs.requests.places import can_see, is_for_everybody
from tests.support.simulated_server import open_server


def answer_of(result):
    return result.followups[-1] if result.followups else result.response


async def make_in_a_thread(server):
    """Open a private thread in the channel, and order a clip of Alice's there; return it."""
    channel = server.bot.get_channel(server.channel.id)
    thread = await channel.create_thread(
        name="secret", type=discord.ChannelType.private_thread, invitable=False
    )
    await thread.add_user(discord.Object(server.alice.id))
    await server.env.settle()
    (place,) = [each for each in server.channel.threads if each.id == thread.id]
    await server.alice.slash(place, "music", prompt="a secret song", seconds=1.0)
    await server.idle()
    return place


async def finds(server, who, place=None):
    """Return whether a person finds clip 1: in the list, by its number, and as a suggestion."""
    place = place or server.channel
    listed = (await who.slash(place, "history", whose="everyone")).response.content
    offered = await who.autocomplete(place, "export", "clip", "")
    got = answer_of(await who.slash(place, "export", clip="1"))
    await server.idle()
    seen = {"a secret song" in listed, bool(got.attachments), len(offered) == 1}
    assert len(seen) == 1, (listed, got.content, offered)
    if seen == {False}:
        assert listed == str(history_messages.NOTHING_HERE)
        assert got.content == str(messages.NO_CLIP)
    return seen == {True}


async def test_a_clip_of_a_private_thread_is_shown_to_its_members_only(tmp_path):
    """Others neither find it in lists nor get its sound by its number, until they are added."""
    async with open_server(tmp_path) as server:
        place = await make_in_a_thread(server)
        assert not await finds(server, server.bob)
        assert await finds(server, server.alice)
        thread = server.bot.get_channel(place.id)
        await thread.add_user(discord.Object(server.bob.id))
        await server.env.settle()
        assert await finds(server, server.bob)
        assert await finds(server, server.bob, place)


async def test_who_manages_threads_sees_private_ones(tmp_path):
    """As on Discord; a role sees none, whatever its permissions are."""
    async with open_server(tmp_path) as server:
        place = await make_in_a_thread(server)
        assert await finds(server, server.owner)
        channel = server.bot.get_channel(server.channel.id)
        role = channel.guild.default_role
        await channel.set_permissions(role, manage_threads=True)
        await server.env.settle()
        assert await finds(server, server.bob)
        assert not can_see(server.bot.get_channel(place.id), role)


async def test_an_unknown_member_of_a_private_thread_finds_its_clips_inside_it(tmp_path):
    """Discord does not tell the bot all members; who types in the thread is one."""
    async with open_server(tmp_path) as server:
        place = await make_in_a_thread(server)
        thread = server.bot.get_channel(place.id)
        await thread.add_user(discord.Object(server.bob.id))
        await server.restart_bot()
        await server.env.settle()
        thread = server.bot.get_channel(place.id)
        assert server.bob.id not in {each.id for each in thread.members}
        assert not await finds(server, server.bob)
        assert await finds(server, server.bob, place)


async def test_clips_of_private_threads_are_not_for_everybody(tmp_path):
    """Neither for the channel of the best clips nor for the radio; those of public threads are."""
    async with open_server(tmp_path) as server:
        best = server.guild.create_text_channel("best")
        await server.owner.slash(server.channel, "admin best", channel=best, stars=1)
        await make_in_a_thread(server)
        channel = server.bot.get_channel(server.channel.id)
        thread = await channel.create_thread(name="open", type=discord.ChannelType.public_thread)
        await server.env.settle()
        (place,) = [each for each in server.channel.threads if each.id == thread.id]
        await server.alice.slash(place, "music", prompt="a song for all", seconds=1.0)
        await server.idle()
        clips = [await server.store.clips.get(number) for number in (1, 2)]
        for clip in clips:
            await server.store.stars.give(clip, server.bob.id)
        await server.bot.get_cog("BestOf").run_due()
        (post,) = best.history()
        assert "a song for all" in post.embeds[0].description
        assert await server.store.best_of.due() == []
        guild = server.bot.get_guild(server.guild.id)
        assert [is_for_everybody(guild, clip) for clip in clips] == [False, True]


async def test_a_thread_of_an_unknown_channel_is_seen_by_nobody(tmp_path):
    """discord.py can't tell the permissions there."""
    async with open_server(tmp_path) as server:
        place = await make_in_a_thread(server)
        thread = server.bot.get_channel(place.id)
        guild = server.bot.get_guild(server.guild.id)
        assert can_see(thread, guild.owner or guild.me)
        guild._remove_channel(SimpleNamespace(id=server.channel.id))
        assert not can_see(thread, guild.owner or guild.me)
        assert not can_see(thread, guild.default_role)
