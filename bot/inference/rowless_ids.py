"""Ids in the executor of work that is not in the jobs table.

Ids of jobs are positive. Those of splitting are even, and those of live music odd, so that neither
takes the other for its own; each start of the bot has an executor of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator


def stems_id(clip_id: int) -> int:
    """Return the id of splitting a clip into stems."""
    return -2 * clip_id


def live_music_ids() -> Iterator[int]:
    """Yield ids for pieces of live music."""
    return itertools.count(-1, -2)
