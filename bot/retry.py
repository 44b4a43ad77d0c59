"""Retry with exponential backoff and jitter, bounded by attempts or by time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina

_Result = TypeVar("_Result")

# Avoids an overflow of the power.
_MAX_EXPONENT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how long to retry; None is unbounded.

    The backoff grows from `initial_seconds` by `base` to `max_seconds`; up to `jitter_seconds` are
    added at random, so that clients that failed together don't retry together.
    """

    initial_seconds: float
    max_seconds: float
    base: float = 2.0
    jitter_seconds: float = 0.0
    attempts: int | None = None
    timeout_seconds: float | None = None

    def backoff_seconds(self, failures: int) -> float:
        """Return the wait after that many failures in a row, without jitter."""
        grown = self.initial_seconds * self.base ** min(failures - 1, _MAX_EXPONENT)
        return min(self.max_seconds, grown)

    async def call(
        self, attempt: Callable[[], Awaitable[_Result]], *, retry_on: Callable[[Exception], bool]
    ) -> _Result:
        """Return the result of `attempt`, retried after errors for which `retry_on` holds.

        Raises any other error at once, and the last one when the policy is exhausted.
        """
        tries = stamina.retry_context(
            on=retry_on,
            attempts=self.attempts,
            timeout=self.timeout_seconds,
            wait_initial=self.initial_seconds,
            wait_max=self.max_seconds,
            wait_jitter=self.jitter_seconds,
            wait_exp_base=self.base,
        )
        async for one in tries:
            with one:
                return await attempt()
        raise AssertionError("a retry ends in a result or in an error")
