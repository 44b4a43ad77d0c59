"""Look at what is due again and again: when its time comes, and sooner after an outage."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

LONGEST_PAUSE_SECONDS = 600.0
_LONGEST_FAILED_PAUSE_SECONDS = 300.0

log = logging.getLogger(__name__)


class DueLoop:
    """Calls `run_due`, which tells whether all that was due is done, and calls it again by itself.

    `seconds_to_next` tells how long nothing will be due, given the longest pause. What failed is
    looked at after `again_seconds`, then after twice as long.
    """

    def __init__(
        self,
        name: str,
        run_due: Callable[[], Awaitable[bool]],
        seconds_to_next: Callable[[float], Awaitable[float]],
        again_seconds: float,
    ) -> None:
        self._name, self._run_due, self._seconds_to_next = name, run_due, seconds_to_next
        self._timer: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[bool] | None = None
        self._again_seconds = self._failed_pause_seconds = again_seconds

    async def now(self) -> bool:
        """Look now; return whether all is done."""
        pause_seconds = self._failed_pause_seconds
        try:
            all_did = await self._run_due()
            # What is due next somewhere else doesn't wait for what failed here.
            most = LONGEST_PAUSE_SECONDS if all_did else pause_seconds
            pause_seconds = await self._seconds_to_next(most)
        except Exception:
            # Whatever it was, it is looked at again.
            log.exception("run_due.failed name=%s", self._name)
            all_did = False
        if all_did:
            self._failed_pause_seconds = self._again_seconds
        else:
            pause_seconds = max(pause_seconds, self._again_seconds)
            self._failed_pause_seconds = min(
                2 * self._failed_pause_seconds, _LONGEST_FAILED_PAUSE_SECONDS
            )
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(pause_seconds, self._look_again)
        return all_did

    async def stop(self) -> None:
        """Look no more; leave the rest to the next life of the bot."""
        if self._timer is not None:
            self._timer.cancel()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    def _look_again(self) -> None:
        self._looking = asyncio.create_task(self.now(), name=self._name)
