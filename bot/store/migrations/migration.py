"""One change of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Migration:
    """Statements that run once, in one transaction. Its number is its place in the history."""

    name: str
    written_on: date
    reason: str
    statements: tuple[str, ...]
