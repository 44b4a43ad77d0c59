"""Orders by a mention where the bot may not do all that they need."""

from __future__ import annotations

import discord

from cogs.presentation import messages
from tests.support.jam_server import open_jam


async def test_without_attachment_permission_nothing_is_ordered(tmp_path):
    """As with a command: the reason, and nothing is made or charged."""
    async with open_jam(tmp_path) as jam:
        denied = {jam.bot.user: discord.PermissionOverwrite(attach_files=False)}
        place = jam.guild.create_text_channel("silent", overwrites=denied)
        await jam.bob.send(place, f"<@{jam.bot.user.id}> make me some jazz")
        await jam.idle()
        said = jam.env.backend.messages[place.id]
        assert [each.content for each in said.values()][1:] == [str(messages.NO_FILES)]
        assert await jam.store.jobs.get(1) is None
