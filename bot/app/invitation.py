"""The bot's invitation link, with the permissions it asks for."""

from __future__ import annotations

import base64
import binascii

import discord

INVITED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
    connect=True,
    speak=True,
    send_polls=True,
)
"""The permissions that the invitation asks for."""

_SCOPES = ("bot", "applications.commands")


def invitation_link(application_id: int) -> str:
    """Return the URL by which managers of a server add the bot."""
    return discord.utils.oauth_url(application_id, permissions=INVITED, scopes=_SCOPES)


def id_in_token(token: str) -> int | None:
    """Return the bot's user id, encoded at the start of a token; None for another format.

    It equals the application id, except for bots made before August 2016.
    """
    first = token.partition(".")[0]
    try:
        text = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
