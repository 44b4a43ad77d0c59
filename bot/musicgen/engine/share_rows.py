"""How the rows of a step are shared among those that take part in it."""

from __future__ import annotations

from collections.abc import Sequence

CHEAP_ROWS = 16
"""Batch rows up to which a step costs about the same; spare rows are used for prefill."""


def share_rows(
    wanted: Sequence[tuple[int, int]], max_rows: int, *, least_spare: int = 1
) -> list[int]:
    """Return how many positions each request feeds in a step.

    `wanted` are each one's pending positions and its rows for a position. Everybody gets one
    position. The rows that are left go to those that prefill, the first come first: alone up to
    `max_rows`; with others, who wait for this step, only those that cost about nothing, which are
    `least_spare` at least.
    """
    needed = sum(rows for _, rows in wanted)
    room = max_rows
    if len(wanted) > 1:
        cheap = -(-(needed + least_spare) // CHEAP_ROWS) * CHEAP_ROWS
        room = min(room, cheap)
    spare = room - needed
    shares = []
    for pending, rows in wanted:
        more = min(pending - 1, spare // rows)
        spare -= more * rows
        shares.append(1 + more)
    return shares
