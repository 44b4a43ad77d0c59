"""The link that a bot is invited by: which rights it asks for, and whose it is."""

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
    """Return the address at which managers of a server let an application in."""
    return discord.utils.oauth_url(application_id, permissions=INVITED, scopes=_SCOPES)


def id_in_token(token: str) -> int | None:
    """Return the bot's own id, which a token begins with; None where it begins otherwise.

    It is the application's id too, but for bots that were made before August 2016.
    """
    first = token.partition(".")[0]
    try:
        text = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
