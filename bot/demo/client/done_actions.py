"""Deduplication of actions.

A page repeats an action until it is acknowledged, so it may arrive several times: over a new
connection, after a reload, or while the first one is still running.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from bot.i18n.sentence import Sentence

Outcome = dict[str, Any] | Sentence
"""The outcome of an action: its result, or why it was refused."""

KEPT_ACTIONS = 2000


class DoneActions:
    """Runs each action of one person once, in sequence."""

    def __init__(self, kept_actions: int = KEPT_ACTIONS) -> None:
        self._kept_actions = kept_actions
        self._known: OrderedDict[str, asyncio.Task[Outcome]] = OrderedDict()
        self._turn = asyncio.Lock()

    async def do_once(self, action_id: str, run: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """Return an action's outcome; only the first call with an id runs it."""
        task = self._known.get(action_id)
        if task is None:
            task = asyncio.create_task(self._in_turn(run))
            self._known[action_id] = task
            self._forget()
        # A broken connection does not cancel a running action.
        return await asyncio.shield(task)

    async def _in_turn(self, run: Callable[[], Awaitable[Outcome]]) -> Outcome:
        async with self._turn:
            return await run()

    def _forget(self) -> None:
        for action_id, task in list(self._known.items()):
            if len(self._known) <= self._kept_actions:
                return
            if task.done():
                del self._known[action_id]
