"""Messages and their earlier contents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from bot.demo.discord.components import walk
from bot.demo.discord.files import File
from bot.demo.discord.people import Person
from bot.demo.discord.polls import Poll
from bot.demo.discord.reactions import Reactions

if TYPE_CHECKING:
    from bot.demo.discord.channels import Channel
    from bot.demo.discord.interactions import Interaction

SUPPRESS_EMBEDS = 1 << 2
HAS_THREAD = 1 << 5
EPHEMERAL = 1 << 6
LOADING = 1 << 7
SILENT = 1 << 12
COMPONENTS_V2 = 1 << 15

_TAKEN = ("content", "embeds", "components", "allowed_mentions", "nonce")


class MessageType(IntEnum):
    """Kinds of messages, with Discord's numbers."""

    DEFAULT = 0
    JOIN = 7
    THREAD_CREATED = 18
    REPLY = 19
    COMMAND = 20
    THREAD_STARTER = 21
    MENU_COMMAND = 23
    POLL_RESULT = 46


@dataclass(eq=False)
class Message:
    """A message; `states` holds its earlier contents, oldest first."""

    id: int
    author: Person
    channel: Channel
    type: MessageType = MessageType.DEFAULT
    payload: dict[str, Any] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    flags: int = 0
    edited_at: float | None = None
    """In seconds since 1970."""
    interaction: Interaction | None = None
    """The interaction that it answers."""
    reference: Message | None = None
    """The message that it replies to, forwards or announces."""
    is_forward: bool = False
    """Whether it is a forward of `reference`."""
    mentions: list[Person] = field(default_factory=list)
    mentions_everyone: bool = False
    poll: Poll | None = None
    reactions: Reactions = field(default_factory=Reactions)
    thread: Channel | None = None
    """The thread started from it."""

    @property
    def content(self) -> str:
        """Its text."""
        return self.payload.get("content") or ""

    @property
    def is_ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def is_loading(self) -> bool:
        """Whether it only says that the bot is thinking."""
        return bool(self.flags & LOADING)

    @property
    def reader(self) -> Person | None:
        """The only person who sees it, if it is ephemeral."""
        alone = self.is_ephemeral and self.interaction is not None
        return self.interaction.user if alone and self.interaction else None

    @property
    def reference_id(self) -> int | None:
        """The id of the message that it replies to."""
        return self.reference.id if self.reference is not None else None

    def components(self) -> Iterator[Mapping[str, Any]]:
        """Yield its components and their descendants."""
        yield from walk(self.payload.get("components") or [])

    @property
    def buttons(self) -> dict[str, str]:
        """Custom ids of its buttons by label."""
        found = [each for each in self.components() if "label" in each and "custom_id" in each]
        return {str(each["label"]): str(each["custom_id"]) for each in found}

    def component(self, custom_id: str) -> Mapping[str, Any] | None:
        """Return the component with a custom id."""
        return next((c for c in self.components() if c.get("custom_id") == custom_id), None)

    def take(self, payload: Mapping[str, Any], files: Sequence[File]) -> list[File]:
        """Apply a payload; without `attachments` all files stay.

        Returns the removed files.
        """
        for name in _TAKEN:
            if name in payload:
                self.payload[name] = payload[name]
        # Of the flags, an edit can only change these.
        changed = SUPPRESS_EMBEDS | COMPONENTS_V2 if self.states else ~0
        given = int(payload.get("flags") or 0)
        self.flags = self.flags & ~LOADING | given & changed
        gone = []
        if "attachments" in payload:
            kept = {str(each["id"]) for each in payload["attachments"] or []}
            gone = [file for file in self.files if str(file.id) not in kept]
            self.files = [file for file in self.files if str(file.id) in kept]
        self.files += files
        self.states.append(self.content)
        return gone
