"""Orders by a mention in channels where the bot lacks a permission."""

from __future__ import annotations

import discord

from cogs.presentation import messages
from tests.support.simulated_server import open_server


async def test_without_attachment_permission_nothing_is_ordered(tmp_path):
    """The refusal names the reason, as a command's does; nothing is charged."""
    async with open_server(tmp_path) as server:
        denied = {server.bot.user: discord.PermissionOverwrite(attach_files=False)}
        place = server.guild.create_text_channel("silent", overwrites=denied)
        await server.bob.send(place, f"<@{server.bot.user.id}> make me some jazz")
        await server.idle()
        posted = server.env.backend.messages[place.id]
        assert [each.content for each in posted.values()][1:] == [str(messages.NO_FILES)]
        assert await server.store.jobs.get(1) is None


async def test_a_reply_that_can_not_be_read_in_an_outage_is_told_as_one(tmp_path):
    """Its words alone are not taken for the order; the button that asks does the same."""
    async with open_server(tmp_path) as server:
        clip = (await server.music(seconds=1.0)).response
        mention = f"<@{server.bot.user.id}>"
        await server.bob.send(server.channel, f"{mention} nice jazz?", reply_to=clip)
        await server.idle()
        place = server.bot.get_channel(server.channel.id)
        asked = await place.fetch_message(server.newest(1)[0].id)
        later = await server.bob.send(server.channel, "and jazzier", reply_to=clip)
        await server.idle()
        heard = await place.fetch_message(later.id)
        # As Discord sends a mention in a reply whose message it can't find at the moment.
        heard.content, heard.mentions = f"{mention} jazzier", [server.bot.user]
        heard.reference.resolved = None
        await place.get_partial_message(clip.id).delete()
        path = f"/channels/*/messages/{clip.id}"
        server.env.inject_error("GET", path, status=503, code=0, times=None)
        server.bot.dispatch("message", heard)
        await server.idle()
        assert server.newest(1)[0].content == str(messages.UNEXPECTED)
        answer = await server.bob.click(asked, label="Make it")
        await server.idle()
        assert answer.response.content == str(messages.UNEXPECTED)
        assert await server.store.jobs.get(2) is None
