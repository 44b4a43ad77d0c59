"""The messages that show an order: the first response to an interaction, and one per take."""

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


async def send_first_response(
    interaction: Interaction, sentence: Sentence, *, in_place: bool = False
) -> MessageHandle:
    """Respond to an interaction, and return the handle of the response.

    With `in_place` the message whose button was pressed becomes the response.

    A response that arrived although Discord reported an error counts. Raises what discord.py raises
    where none arrived.
    """
    try:
        text = readers_of(interaction)(sentence)
        if in_place and interaction.message is not None:
            await interaction.response.edit_message(content=text, view=None)
            message_id: int | None = interaction.message.id
        else:
            message_id = (await interaction.response.send_message(text)).message_id
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        message_id = await _find_response(interaction, error)
        if message_id is None:
            raise
    return MessageHandle(
        token=interaction.token,
        expires_at=interaction.client.clock() + TOKEN_SECONDS,
        message_id=message_id,
        max_bytes=interaction.filesize_limit,
    )


async def send_another_take(
    interaction: Interaction, own: MessageHandle, take: int
) -> MessageHandle:
    """Send the message of a further take, and return its handle; `own` is the first one's."""
    text = readers_of(interaction)(messages.IN_LINE)
    if not is_reached_by_token_only(interaction) and interaction.channel_id is not None:
        channel = interaction.client.get_partial_messageable(interaction.channel_id)
        try:
            # The nonce makes a retry idempotent: a message that was stored although an error came
            # back is not posted twice. Follow-ups by the token have none.
            sent = await channel.send(text, nonce=f"{interaction.id}/{take}")
        except discord.HTTPException:
            pass  # no right to send there: the token has
        else:
            return dataclasses.replace(own, token=None, expires_at=0.0, message_id=sent.id)
    followed = await interaction.followup.send(text, wait=True)
    return dataclasses.replace(own, message_id=followed.id)


async def withdraw(interaction: Interaction, shown: MessageHandle) -> None:
    """Delete a message that announced a clip which will not come."""
    try:
        if shown.message_id is None:
            await interaction.delete_original_response()
        elif shown.token is None and interaction.channel_id is not None:
            channel = interaction.client.get_partial_messageable(interaction.channel_id)
            await channel.get_partial_message(shown.message_id).delete()
        else:
            await interaction.followup.delete_message(shown.message_id)
    except discord.HTTPException:
        # It is deleted already, or can't be reached; the caller tells the reason next.
        return


async def _find_response(interaction: Interaction, error: Exception) -> int | None:
    """Return the id of a response that was stored although an error came back."""
    if isinstance(error, discord.HTTPException):
        in_doubt = error.code == _ACKNOWLEDGED or error.status >= 500
        if not in_doubt:
            return None
    try:
        return (await interaction.original_response()).id
    except (discord.HTTPException, discord.ClientException, aiohttp.ClientError, OSError):
        return None
