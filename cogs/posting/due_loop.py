"""A timer that runs due work, with exponential backoff after a failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

LONGEST_PAUSE_SECONDS = 600.0
_LONGEST_FAILED_PAUSE_SECONDS = 300.0

log = logging.getLogger(__name__)


class DueLoop:
    """Calls `run_due` run_now and then by itself; it returns whether all due work succeeded.

    `seconds_to_next` returns for how long nothing will be due, at most its argument. Failed work is
    retried after `retry_seconds`, then after twice as long, and so on.
    """

    def __init__(
        self,
        name: str,
        run_due: Callable[[], Awaitable[bool]],
        seconds_to_next: Callable[[float], Awaitable[float]],
        retry_seconds: float,
    ) -> None:
        self._name, self._run_due, self._seconds_to_next = name, run_due, seconds_to_next
        self._timer: asyncio.TimerHandle | None = None
        self._running: asyncio.Task[bool] | None = None
        self._retry_seconds = self._failed_pause_seconds = retry_seconds

    async def run_now(self) -> bool:
        """Run what is due now; return whether all succeeded."""
        pause_seconds = self._failed_pause_seconds
        try:
            all_did = await self._run_due()
            # Other work that becomes due sooner does not wait for the backoff.
            most = LONGEST_PAUSE_SECONDS if all_did else pause_seconds
            pause_seconds = await self._seconds_to_next(most)
        except Exception:
            # Any failure is retried.
            log.exception("due_work.failed name=%s", self._name)
            all_did = False
        if all_did:
            self._failed_pause_seconds = self._retry_seconds
        else:
            pause_seconds = max(pause_seconds, self._retry_seconds)
            self._failed_pause_seconds = min(
                2 * self._failed_pause_seconds, _LONGEST_FAILED_PAUSE_SECONDS
            )
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(pause_seconds, self._start)
        return all_did

    async def stop(self) -> None:
        """Stop; the next run of the bot continues."""
        if self._timer is not None:
            self._timer.cancel()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    def _start(self) -> None:
        self._running = asyncio.create_task(self.run_now(), name=self._name)
