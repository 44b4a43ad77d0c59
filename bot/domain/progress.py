"""The port to which long work reports its progress."""

from __future__ import annotations

from typing import Protocol

from bot.i18n.sentence import Sentence


class Reporter(Protocol):
    """Receives the progress of some work."""

    def stage(self, name: Sentence, unit: str = "s") -> None:
        """Begin a stage, the length of which is not known yet, and name its unit."""

    def made(self, amount: float, of_amount: float) -> None:
        """Tell how much of the present stage is done."""
