"""The rate limit of people who steer live music."""

from __future__ import annotations

import math
from collections.abc import Callable

from bot.errors import Refused
from cogs.presentation import radio_messages

_SECONDS = 5.0
_REMEMBERED_SECONDS = 60.0


class SteeringTooSoon(Refused):
    """A person steers again within the cooldown."""


class SteeringCooldown:
    """Remembers who has steered when."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._steered: dict[int, float] = {}
        self._told_to_wait = set[int]()

    def note(self, user_id: int) -> None:
        """Note that a person steers. Raises SteeringTooSoon within the cooldown."""
        now = self._clock()
        waits = self._steered.get(user_id, 0.0) + _SECONDS - now
        if 0 < waits <= _SECONDS:
            raise SteeringTooSoon(radio_messages.TOO_FAST.fill(seconds=math.ceil(waits)))
        lately = now - _REMEMBERED_SECONDS
        self._steered = {each: at for each, at in self._steered.items() if at > lately}
        self._steered[user_id] = now
        self._told_to_wait &= self._steered.keys() - {user_id}

    def should_tell_to_wait(self, user_id: int) -> bool:
        """Return whether to tell a person to wait: once for each cooldown."""
        is_new = user_id not in self._told_to_wait
        self._told_to_wait.add(user_id)
        return is_new
