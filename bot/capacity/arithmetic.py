"""Queueing formulas: mean waiting times without simulation.

Sources: Pollaczek 1930 and Khinchine 1932 for one server; the machine repairman model (finite
population) and Little's law, as in Kleinrock, Queueing Systems I, 1975.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Rate = Callable[[int], float]
"""Seconds of sound a second of all clips together, with so many made at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyState:
    """Steady-state averages."""

    clips_per_second: float
    present: float
    """Clips that wait or are made."""
    busy: float
    """The share of time in which anything is made."""

    @property
    def seconds(self) -> float:
        """Return how long a clip takes from the order to its end: Little's law."""
        return self.present / self.clips_per_second


def single_file_wait_seconds(
    per_second: float, mean_seconds: float, mean_square_seconds: float
) -> float:
    """Return the mean wait where clips come at random and are made one by one, in order.

    The seconds are those of work for a clip. Raises ValueError where more comes than can be made.
    """
    load = per_second * mean_seconds
    if load >= 1:
        raise ValueError(f"{load:.2f} times as much comes as can be made")
    return per_second * mean_square_seconds / (2 * (1 - load))


def steady_of_people(
    people: int, *, pause_seconds: float, clip_seconds: float, rate: Rate, slots: int
) -> SteadyState:
    """Return what is so where each person asks, gets a clip, pauses and asks again.

    Pauses and lengths of clips vary at random around their means, exponentially. Up to `slots`
    clips are made at once.
    """
    weights = [1.0]
    for present in range(1, people + 1):
        arriving = (people - present + 1) / pause_seconds
        ending = rate(min(present, slots)) / clip_seconds
        weights.append(weights[-1] * arriving / ending)
        if weights[-1] > 1e200:  # only proportions count
            weights = [each / weights[-1] for each in weights]
    whole = sum(weights)
    shares = [each / whole for each in weights]
    present_mean = sum(count * share for count, share in enumerate(shares))
    return SteadyState(
        clips_per_second=(people - present_mean) / pause_seconds,
        present=present_mean,
        busy=1 - shares[0],
    )
