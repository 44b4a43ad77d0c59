"""The interface to which long work reports its progress."""

from __future__ import annotations

from typing import Protocol

from bot.i18n.sentence import Sentence


class Reporter(Protocol):
    """Receives progress."""

    def stage(self, name: Sentence, unit: str = "s") -> None:
        """Start a stage of unknown length, measured in `unit`."""

    def made(self, amount: float, of_amount: float) -> None:
        """Report the progress of the stage."""
