"""Choose the next clip."""

from __future__ import annotations

import random
from collections.abc import Sequence

_REMEMBERED = 30


def choose_next(
    candidates: Sequence[int], played: Sequence[int], draw: random.Random
) -> int | None:
    """Return the id of one of the clips, at random among those not played recently.

    `played` has the latest last. The last one repeats only if there is no other.
    """
    if not candidates:
        return None
    lately = list(dict.fromkeys(reversed(played)))[: min(_REMEMBERED, len(candidates) - 1)]
    fresh = [each for each in candidates if each not in lately]
    return draw.choice(fresh or list(candidates))
