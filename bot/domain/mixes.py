"""A mix of two clips: as it is ordered, and as it was made."""

from __future__ import annotations

from dataclasses import dataclass

EVEN_BALANCE = 0.5

LEAST_BALANCE, MOST_BALANCE = 0.1, 0.9
"""How much of the other clip may be in a mix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixOrder:
    """Two clips to be mixed. One leads with its tempo and its key; the other follows."""

    lead_id: int
    other_id: int
    balance: float = EVEN_BALANCE
    """How much of the other one is heard, from `LEAST_BALANCE` to `MOST_BALANCE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """How a clip was mixed, and what was done to the one that follows."""

    lead_id: int
    other_id: int
    balance: float
    time_factor: float
    """Above 1 the other one was made faster."""
    semitones: int
    on_the_beat: bool
    """False where one of them has no beat: they begin together."""
