"""Reading of patterns written as grids."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a grid: what happens, when in the bar, and how long it is held."""

    symbol: str
    start_beats: float
    length_beats: float


def bars_of(pattern: str) -> tuple[str, ...]:
    """Return the bars of a pattern."""
    return tuple(pattern.split("|"))


def steps_of(bar: str, beats_per_bar: int) -> Iterator[Step]:
    """Yield the events of one bar; `.` is silence and `-` holds what sounds."""
    step_beats = beats_per_bar / len(bar)
    for index, symbol in enumerate(bar):
        if symbol in ".-":
            continue
        held = 1
        while index + held < len(bar) and bar[index + held] == "-":
            held += 1
        yield Step(symbol, index * step_beats, held * step_beats)
