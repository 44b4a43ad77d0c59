"""Do what must follow a change, also if the answer to the person fails in between."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.app.client import ZhiyinBot

log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[object]]


@asynccontextmanager
async def afterwards(bot: ZhiyinBot, work: Work) -> AsyncIterator[None]:
    """Do work after a block, also if the block fails: then in the background.

    The block's error propagates at once.
    """
    try:
        yield
    except Exception:
        # The person is still to be told what went wrong, and Discord waits for that only shortly.
        bot.commands_in_flight.begin(_try(work), "afterwards")
        raise
    await work()


async def _try(work: Work) -> None:
    try:
        await work()
    except Exception:
        log.exception("afterwards.failed")
