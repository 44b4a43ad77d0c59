"""Which of the clips comes next."""

from __future__ import annotations

import random
from collections.abc import Sequence

_REMEMBERED = 30


def choose_next(
    candidates: Sequence[int], played: Sequence[int], draw: random.Random
) -> int | None:
    """Return one of the clips by its id, at random among those not heard lately.

    `played` are the latest last. The one just heard comes again only where there is no other.
    """
    if not candidates:
        return None
    lately = list(dict.fromkeys(reversed(played)))[: min(_REMEMBERED, len(candidates) - 1)]
    fresh = [each for each in candidates if each not in lately]
    return draw.choice(fresh or list(candidates))
