"""The throughput with a number of concurrent clips, interpolated from measurements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds of sound a second, of all clips together, by how many are made at once."""

    measured: Mapping[int, float]

    def rate(self, at_once: int) -> float:
        """Return the seconds of sound a second with so many clips at once; 0 with none.

        A step's time grows evenly with its rows, so times are interpolated and not paces. Beyond
        what was measured it goes on growing as it did last; one measurement alone is taken for a
        pace that clips share.
        """
        if at_once == 0:
            return 0.0
        known = sorted(self.measured)
        if len(known) == 1:
            return self.measured[known[0]]
        above = next((each for each in known[1:] if each >= at_once), known[-1])
        below = known[known.index(above) - 1]
        first, last = (each / self.measured[each] for each in (below, above))
        growth = max(0.0, (last - first) / (above - below))
        seconds = first + growth * (at_once - below)
        # One clip is never slower than it is among a few.
        return at_once / max(seconds, 1e-9) if seconds > 0 else self.measured[below]


PACKING_CORE_SECONDS = 0.43
"""A core's time for the bot's own work on a clip of 10 s: tempo and key, master, file, picture.

Measured with mp3 on an EPYC Genoa, ffmpeg included; other formats take less.
"""


def beside_packing(rate: Callable[[int], float], *, cores: int) -> Callable[[int], float]:
    """Return a pace at which the same cores also do the bot's own work on each clip.

    Where several machines make music, the bot's does it for all: together they are as fast as if
    each did its own.
    """
    other = PACKING_CORE_SECONDS / 10 / cores
    return lambda at_once: 1 / (1 / rate(at_once) + other) if at_once else 0.0


def pace_of(runs: Iterable[Mapping[str, float]]) -> Pace:
    """Return the pace from the runs of `zhiyin bench --json`."""
    return Pace({int(run["users"]): float(run["real_time_factor"]) for run in runs})
