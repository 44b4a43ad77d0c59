"""Sessions: a signed word in each tab that tells which of the demo's people sits there."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.demo.discord.people import Person


@dataclass(frozen=True)
class Sessions:
    """Gives out sessions and reads them; they are good until the demo ends."""

    people: Mapping[str, Person]
    """By the short name that stands in the address: /as/NAME."""
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def open(self, name: str) -> str | None:
        """Return a session for somebody, or None where nobody has that name."""
        return f"{name}.{self._sign(name)}" if name in self.people else None

    def read(self, session: str) -> tuple[str, Person] | None:
        """Return whose session it is, or None for one that is not from here."""
        name, _, signature = session.rpartition(".")
        is_ours = hmac.compare_digest(self._sign(name).encode(), signature.encode())
        return (name, self.people[name]) if is_ours and name in self.people else None

    def _sign(self, name: str) -> str:
        return hmac.new(self.key, name.encode(), hashlib.sha256).hexdigest()
