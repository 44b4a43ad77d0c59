"""Sessions: a signed token in each tab that identifies one of the demo's people."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.demo.discord.people import Person


@dataclass(frozen=True)
class Sessions:
    """Creates and checks session tokens, which are valid until the demo ends."""

    people: Mapping[str, Person]
    """People by the short name in the address: /as/NAME."""
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def open(self, name: str) -> str | None:
        """Return a session token for a name, or None if nobody has it."""
        return f"{name}.{self._sign(name)}" if name in self.people else None

    def read(self, session: str) -> tuple[str, Person] | None:
        """Return the person of a session token, or None for an invalid one."""
        name, _, signature = session.rpartition(".")
        is_ours = hmac.compare_digest(self._sign(name).encode(), signature.encode())
        return (name, self.people[name]) if is_ours and name in self.people else None

    def _sign(self, name: str) -> str:
        return hmac.new(self.key, name.encode(), hashlib.sha256).hexdigest()
