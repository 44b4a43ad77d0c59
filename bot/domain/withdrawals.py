"""A deleted clip, and a message that still shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A message to edit or delete, recorded with the deletion of its clip."""

    message_id: int
    channel_id: int
    clip_id: int
