"""Idempotency of client requests: results by nonce, so that a repeat is not executed twice."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from bot.demo.discord.people import Person

_KEPT = 1000

T = TypeVar("T")


class RecentRequests(Generic[T]):
    """Results of the latest requests, by person and nonce."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, str], T] = OrderedDict()

    def find(self, person: Person, nonce: str | None) -> T | None:
        """Return the result of an earlier request, or None."""
        return None if nonce is None else self._known.get((person.id, nonce))

    def keep(self, person: Person, nonce: str | None, done: T) -> None:
        """Store a result; the oldest one is dropped."""
        if nonce is not None:
            self._known[person.id, nonce] = done
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
