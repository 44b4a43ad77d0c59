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
