"""A job's message, independent of the route by which it is sent."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import discord

from bot.pipeline.packaging import PackedClip
from cogs.presentation import cards


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMessage:
    """Content of a job's message."""

    content: str
    view: discord.ui.View | None
    embeds: tuple[discord.Embed, ...] = ()
    postings: tuple[PackedClip, ...] = ()
    """Its clip, or its takes, which share one picture."""
    keeps_files: bool = True
    """Whether an edit without files keeps those that the message has."""

    @property
    def kind(self) -> str:
        """Return its kind, for its nonce: a job has one message of each kind."""
        return "clip" if self.postings else "note"

    def files(self) -> list[discord.File]:
        """Return fresh file objects: each attempt reads them to the end."""
        if not self.postings:
            return []
        return [
            *(discord.File(io.BytesIO(each.data), each.name) for each in self.postings),
            discord.File(io.BytesIO(self.postings[0].picture), cards.PICTURE),
        ]

    def as_edit(self) -> dict[str, Any]:
        """Return the arguments of an edit."""
        return {
            "content": self.content,
            "embeds": list(self.embeds),
            "view": self.view,
            "attachments": self.files() or (discord.utils.MISSING if self.keeps_files else []),
        }

    def is_shown_by(self, found: discord.Message) -> bool:
        """Return whether a message of the bot shows the same clip or the same text."""
        if not self.postings:
            return found.content == self.content
        # A file that was packed smaller meanwhile has another suffix.
        stems = {PurePath(each.name).stem for each in self.postings}
        return not stems.isdisjoint(PurePath(file.filename).stem for file in found.attachments)
