"""The interface of an engine, whichever model it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.generation import Event, Request


class Engine(Protocol):
    """Runs requests step by step; not for use by several threads at once."""

    @property
    def busy(self) -> bool:
        """Tell whether any request is unfinished."""

    def submit(self, request: Request) -> int:
        """Accept a request and return its id. Raises ZhiyinError for what can't be made."""

    def cancel(self, request_id: int) -> None:
        """Drop a request. Idempotent: finished and unknown ones are ignored."""

    def step(self) -> Sequence[Event]:
        """Advance every request by one step and return what happened."""
