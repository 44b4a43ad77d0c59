"""The demo's app: its permissions and its token."""

from __future__ import annotations

import secrets

from bot.demo.discord.rights import Right

INVITED = (
    Right.VIEW_CHANNEL
    | Right.SEND_MESSAGES
    | Right.SEND_MESSAGES_IN_THREADS
    | Right.CREATE_PUBLIC_THREADS
    | Right.EMBED_LINKS
    | Right.ATTACH_FILES
    | Right.READ_MESSAGE_HISTORY
    | Right.CONNECT
    | Right.SPEAK
    | Right.SEND_POLLS
)
"""Permissions of the bot's own role."""


def new_token() -> str:
    """Return a random token in the format of bot tokens."""
    return ".".join(secrets.token_urlsafe(size) for size in (18, 4, 28))
