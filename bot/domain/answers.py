"""An answer that says that something is to come, while no job stands behind it yet."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAnswer:
    """An answer that was begun, recorded before it is shown: a bot that dies must end it.

    The token reaches the message of that id, or the first answer to the interaction while no id is
    known, until Discord says that it has expired.
    """

    key: str
    """That of the order that it shows: digits before a slash are the id of what asked for it."""
    channel_id: int
    text: str
    """What it says, by which it is found where its id is not known."""
    token: str | None = field(default=None, repr=False)
    message_id: int | None = None
    locale: str | None = None

    @property
    def since_id(self) -> int:
        """Return the id of what asked for it, which is older than the answer."""
        return int(self.key.partition("/")[0])
