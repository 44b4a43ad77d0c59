"""The log channel in which managers of a server read settings changes and reports."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord

from bot.app.client import Interaction, ZhiyinBot
from bot.app.network_errors import NETWORK_ERRORS
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from cogs.posting.afterwards import afterwards
from cogs.presentation.log_messages import line
from cogs.presentation.renderers import server_renderer

_UNKNOWN_MESSAGE = 10008

log = logging.getLogger(__name__)

BEGUN = Sentence(
    "From now on I write here what the managers of this server set, whose clips they delete, and "
    "what people report."
)
CLOSED = Sentence(
    "I can't write in {channel}: let me see it and send messages there, and set it again."
)


async def begin_log(interaction: Interaction, guild_id: int, channel_id: int) -> None:
    """Announce the log in a channel and set it.

    Raises RequestError if the bot can't post there, and what discord.py raises otherwise.
    """
    bot = interaction.client
    channel = bot.get_partial_messageable(channel_id, guild_id=guild_id)
    try:
        await channel.send(server_renderer(bot, guild_id)(BEGUN))
    except (discord.Forbidden, discord.NotFound):
        raise RequestError(CLOSED.fill(channel=f"<#{channel_id}>")) from None
    await bot.service.guilds.set_log_channel(guild_id, channel_id)


async def note(interaction: Interaction, done: Sentence) -> None:
    """Post a manager's action to the server's log. Best effort: the action is done already."""
    if interaction.guild_id is not None:
        text = line(interaction.user.id, done)
        nonce = f"log/{interaction.id}"
        await post_to_log(interaction.client, interaction.guild_id, text, nonce=nonce)


@asynccontextmanager
async def noted(interaction: Interaction, done: Sentence | None) -> AsyncIterator[None]:
    """Note what a manager has done after a block that answers, also if the answer fails.

    `done` is None for what is not noted.
    """

    async def work() -> None:
        if done is not None:
            await note(interaction, done)

    async with afterwards(interaction.client, work):
        yield


async def post_to_log(
    bot: ZhiyinBot,
    guild_id: int,
    sentence: Sentence,
    *,
    nonce: str,
    view: discord.ui.View | None = None,
) -> bool:
    """Post to a server's log; return whether that was possible.

    The nonce makes a retry idempotent.
    """
    channel_id = (await bot.service.guilds.settings(guild_id)).log_channel_id
    if channel_id is None:
        return False
    channel = bot.get_partial_messageable(channel_id, guild_id=guild_id)
    try:
        await channel.send(
            server_renderer(bot, guild_id)(sentence),
            view=view or discord.utils.MISSING,
            nonce=nonce,
            suppress_embeds=True,
        )
    except (discord.HTTPException, *NETWORK_ERRORS) as error:
        if isinstance(error, discord.NotFound) and error.code == _UNKNOWN_MESSAGE:
            return True  # posted before without confirmation, and deleted since
        log.warning("log.not_written server=%d %r", guild_id, error)
        return False
    return True
