"""The interface of an engine, for any model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.generation import Event, PromptChange, Request


class Engine(Protocol):
    """Runs requests step by step; not thread-safe."""

    @property
    def busy(self) -> bool:
        """Return whether any request is unfinished."""

    @property
    def idle(self) -> bool:
        """Return whether a step would do nothing, since everything waits for subscribers."""

    def submit(self, request: Request) -> int:
        """Accept a request and return its id. Raises ZhiyinError for an invalid one."""

    def cancel(self, request_id: int) -> None:
        """Drop a request. Idempotent: finished and unknown ones are ignored."""

    def change_prompt(self, request_id: int, change: PromptChange) -> int:
        """Change the prompt of a request; return the change's id, which PromptChanged reports.

        Raises RequestError for a finished or unknown request, and for an invalid change.
        """

    def note_taken(self, request_id: int, seconds: float) -> None:
        """Note that subscribers of endless music have read its first `seconds`."""

    def end(self, request_id: int) -> None:
        """Let endless music finish with what is generated; ignored for any other request."""

    def step(self) -> Sequence[Event]:
        """Advance every request by one step and return what happened."""
