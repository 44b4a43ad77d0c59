"""A mix of two clips, as ordered and as made."""

from __future__ import annotations

from dataclasses import dataclass

EVEN_BALANCE = 0.5

LEAST_BALANCE, MOST_BALANCE = 0.1, 0.9
"""Bounds of the other clip's share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixOrder:
    """Two clips to mix. The lead keeps tempo and key; the other is fitted to it."""

    lead_id: int
    other_id: int
    balance: float = EVEN_BALANCE
    """The other clip's share, from `LEAST_BALANCE` to `MOST_BALANCE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """How a clip was mixed, and how the following clip was changed."""

    lead_id: int
    other_id: int
    balance: float
    time_factor: float
    """Above 1: the other clip was sped up."""
    semitones: int
    on_the_beat: bool
    """False if one has no beat: both start together."""
