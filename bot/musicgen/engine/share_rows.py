"""Share the rows of a step among its participants."""

from __future__ import annotations

from collections.abc import Sequence

CHEAP_ROWS = 16
"""Batch rows up to which a step costs about the same; spare rows are used for prefill."""


LEAST_READ_ROWS = 8
"""The least prefill rows of a new prompt per step; more than one, so that it catches up."""


def spare_rows(taken: int, max_rows: int) -> int:
    """Return how many rows a step has left, if others wait for it."""
    if taken == 0:
        return max_rows
    return min(max_rows, -(-(taken + LEAST_READ_ROWS) // CHEAP_ROWS) * CHEAP_ROWS) - taken


def share_rows(
    wanted: Sequence[tuple[int, int]], max_rows: int, *, least_spare: int = 1
) -> list[int]:
    """Return how many positions each request feeds in a step.

    `wanted` are each one's pending positions and rows per position. Everybody gets one position.
    Remaining rows go to prefill, first come first served: alone up to `max_rows`; with others in
    the step only the nearly free ones, at least `least_spare`.
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
