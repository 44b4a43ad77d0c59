"""The messages that show an order: the first answer to an interaction, and one for each take."""

from __future__ import annotations

import dataclasses

import aiohttp
import discord

from bot.app.client import Interaction
from bot.domain.jobs import MessageHandle
from bot.i18n.sentence import Sentence
from cogs.presentation import messages
from cogs.presentation.readers import readers_of
from cogs.requests.limits import is_reached_by_token_only

TOKEN_SECONDS = 15 * 60.0

_ACKNOWLEDGED = 40060


async def first(interaction: Interaction, sentence: Sentence) -> MessageHandle:
    """Answer an interaction, and return how the answer is reached.

    An answer that arrived although Discord said that it had failed is taken for what it is. Raises
    what discord.py raises where none arrived.
    """
    try:
        shown = await interaction.response.send_message(readers_of(interaction)(sentence))
        message_id = shown.message_id
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        message_id = await _arrived(interaction, error)
        if message_id is None:
            raise
    return MessageHandle(
        token=interaction.token,
        expires_at=interaction.client.clock() + TOKEN_SECONDS,
        message_id=message_id,
        max_bytes=interaction.filesize_limit,
    )


async def further(interaction: Interaction, own: MessageHandle, take: int) -> MessageHandle:
    """Show one more take of an order whose own answer this is, and return how that is reached."""
    text = readers_of(interaction)(messages.IN_LINE)
    if not is_reached_by_token_only(interaction) and interaction.channel_id is not None:
        channel = interaction.client.get_partial_messageable(interaction.channel_id)
        try:
            # By its nonce a message that was stored and said to have failed is the same again;
            # what goes by the token has none, and would be there twice.
            sent = await channel.send(text, nonce=f"{interaction.id}/{take}")
        except discord.HTTPException:
            pass  # it may not speak there: the token may
        else:
            return dataclasses.replace(own, token=None, expires_at=0.0, message_id=sent.id)
    followed = await interaction.followup.send(text, wait=True)
    return dataclasses.replace(own, message_id=followed.id)


async def withdrawn(interaction: Interaction, shown: MessageHandle) -> None:
    """Take back a message that promised a clip which will not come."""
    try:
        if shown.message_id is None:
            await interaction.delete_original_response()
        elif shown.token is None and interaction.channel_id is not None:
            channel = interaction.client.get_partial_messageable(interaction.channel_id)
            await channel.get_partial_message(shown.message_id).delete()
        else:
            await interaction.followup.delete_message(shown.message_id)
    except discord.HTTPException:
        # It is gone already, or can't be reached: what matters is said next.
        return


async def _arrived(interaction: Interaction, error: Exception) -> int | None:
    """Return the message that is there although an error came in place of its answer."""
    if isinstance(error, discord.HTTPException):
        in_doubt = error.code == _ACKNOWLEDGED or error.status >= 500
        if not in_doubt:
            return None
    try:
        return (await interaction.original_response()).id
    except (discord.HTTPException, discord.ClientException, aiohttp.ClientError, OSError):
        return None
