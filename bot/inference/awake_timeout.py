"""A timeout that a pause of this process does not use up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")

_PARTS = 10


async def within_awake(work: Coroutine[Any, Any, _Result], seconds: float) -> _Result:
    """Return the result of `work`. Raises TimeoutError, and ends it, after so many seconds.

    Seconds in which this process is stopped (SIGSTOP, a paused container, a busy machine) hardly
    count: afterwards what arrived meanwhile is handled before the time is up.
    """
    task = asyncio.ensure_future(work)
    try:
        # However long a pause is, it uses up one part.
        for _ in range(_PARTS):
            await asyncio.wait([task], timeout=seconds / _PARTS)
            if task.done():
                return task.result()
        raise TimeoutError
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
