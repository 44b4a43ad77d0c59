"""Open answers: responses for which no order is accepted yet."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAnswer:
    """A response to a person for which no order is accepted yet.

    It is recorded before it is shown, so that a crash never leaves it unfinished. The token edits
    the message of that id, or the first response while no id is known, until it expires.
    """

    key: str
    """The order's key; digits before a slash are the id of the interaction or message."""
    channel_id: int
    text: str
    """Its text, by which it is searched for if its id is unknown."""
    token: str | None = field(default=None, repr=False)
    message_id: int | None = None
    locale: str | None = None

    @property
    def since_id(self) -> int:
        """Return the id of the interaction or message that it answers, which is older."""
        return int(self.key.partition("/")[0])
