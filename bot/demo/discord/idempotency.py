"""What was done already, so that a client that asks twice does it once."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from bot.demo.discord.people import Person

_KEPT = 1000

T = TypeVar("T")


class RecentRequests(Generic[T]):
    """What came of the latest requests, by who made them and what they called them."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, str], T] = OrderedDict()

    def find(self, person: Person, nonce: str | None) -> T | None:
        """Return what came of a request that was made before."""
        return None if nonce is None else self._known.get((person.id, nonce))

    def keep(self, person: Person, nonce: str | None, done: T) -> None:
        """Remember what came of a request; the oldest is forgotten."""
        if nonce is not None:
            self._known[person.id, nonce] = done
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
