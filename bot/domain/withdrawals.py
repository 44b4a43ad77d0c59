"""A clip that was deleted, and a message that still shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Written down with the deletion: the message is to be changed, or deleted, after it."""

    message_id: int
    channel_id: int
    clip_id: int
