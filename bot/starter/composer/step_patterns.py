"""Reading of patterns written as grids, one character a step."""

from functools import lru_cache
from typing import NamedTuple


class Step(NamedTuple):
    """One event of a grid: what happens, on which step of the bar, and for how many."""

    symbol: str
    start: int
    length: int


def bars_of(pattern: str) -> tuple[str, ...]:
    """Return the bars of a pattern."""
    return tuple(pattern.split("|"))


@lru_cache(maxsize=8192)
def steps_of(bar: str) -> tuple[Step, ...]:
    """Return the events of one bar; `.` is silence and `-` holds what sounds."""
    steps = []
    for index, symbol in enumerate(bar):
        if symbol in ".-":
            continue
        held = 1
        while index + held < len(bar) and bar[index + held] == "-":
            held += 1
        steps.append(Step(symbol, index, held))
    return tuple(steps)
