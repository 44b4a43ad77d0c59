"""The port that long work reports its progress to."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Where work says how far it has come."""

    def stage(self, words: str, unit: str = "s") -> None:
        """Begin a stage, the length of which is not known yet, and name its unit."""

    def made(self, amount: float, of_amount: float) -> None:
        """Tell how much of the present stage is done."""
