"""Who steers live music waits a moment before doing so again."""

from __future__ import annotations

import math
from collections.abc import Callable

from bot.errors import Refused
from cogs.presentation import radio_messages

_SECONDS = 5.0
_REMEMBERED_SECONDS = 60.0


class SteeringTooSoon(Refused):
    """Somebody steers again too soon."""


class SteeringCooldown:
    """Who has steered when."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._steered: dict[int, float] = {}
        self._told_to_wait = set[int]()

    def note(self, user_id: int) -> None:
        """Note that somebody steers. Raises SteeringTooSoon for who did a moment ago."""
        now = self._clock()
        waits = self._steered.get(user_id, 0.0) + _SECONDS - now
        if 0 < waits <= _SECONDS:
            raise SteeringTooSoon(radio_messages.TOO_FAST.fill(seconds=math.ceil(waits)))
        lately = now - _REMEMBERED_SECONDS
        self._steered = {each: at for each, at in self._steered.items() if at > lately}
        self._steered[user_id] = now
        self._told_to_wait &= self._steered.keys() - {user_id}

    def tells_to_wait(self, user_id: int) -> bool:
        """Note that somebody is told to wait; False where they were already, since they steered."""
        is_new = user_id not in self._told_to_wait
        self._told_to_wait.add(user_id)
        return is_new
