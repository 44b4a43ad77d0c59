"""The interface of an engine, whichever model it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.generation import Event, PromptChange, Request


class Engine(Protocol):
    """Runs requests step by step; not for use by several threads at once."""

    @property
    def busy(self) -> bool:
        """Return whether any request is unfinished."""

    @property
    def idle(self) -> bool:
        """Return whether a step would do nothing: all that there is waits for its listeners."""

    def submit(self, request: Request) -> int:
        """Accept a request and return its id. Raises ZhiyinError for what can't be made."""

    def cancel(self, request_id: int) -> None:
        """Drop a request. Idempotent: finished and unknown ones are ignored."""

    def change_prompt(self, request_id: int, change: PromptChange) -> int:
        """Give a request other words and return the change's id; PromptChanged tells its time.

        Raises RequestError for a request that is over or unknown, and for what can't be done.
        """

    def note_taken(self, request_id: int, seconds: float) -> None:
        """Note that the listener of endless music has taken its first so many seconds."""

    def end(self, request_id: int) -> None:
        """Let endless music finish with what is made of it; any other changes nothing."""

    def step(self) -> Sequence[Event]:
        """Advance every request by one step and return what happened."""
