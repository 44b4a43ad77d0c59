"""Failpoints: named places where tests inject faults; inactive unless configured.

`ZHIYIN_FAILPOINTS="clip.unrecorded=kill;job.claimed=stall:5"` maps places to actions: `raise`
raises an error, `stall:SECONDS` waits, `kill` kills this process as `kill -9` does, and `kill-peer`
kills the other end: the workers from the bot, the bot from a worker.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

VARIABLE = "ZHIYIN_FAILPOINTS"

PLACES = (
    "order.answered",
    "job.accepted",
    "job.unclaimed",
    "job.claimed",
    "worker.begun",
    "model.loaded",
    "clip.begun",
    "clip.midway",
    "clip.unnamed",
    "clip.unrecorded",
    "clip.unposted",
    "clip.posted",
    "job.delivered",
    "bot.draining",
    "jam.begun",
    "jam.announced",
    "jam.threaded",
)
"""In the order in which a job reaches them; those of jams last."""

POST_PLACES = ("clip.published", "clip.shown_to_all")
"""In the order in which publishing a private clip reaches them."""

BATTLE_PLACES = (
    "battle.begun",
    "battle.announced",
    "battle.lined_up",
    "battle.player_posted",
    "battle.poll_posted",
    "battle.counted",
    "battle.told",
)
"""In the order in which a battle reaches them."""

DELETE_PLACES = ("clip.deleted",)
"""Between deleting a clip and editing the messages that show it."""

DAILY_PLACES = ("daily.recorded", "daily.posted")
"""In the order in which a daily prompt reaches them."""


class Injected(RuntimeError):
    """A fault injected by a test."""


async def reached(place: str) -> None:
    """Run the action configured for a place, on the event loop."""
    action = _action(place)
    if action is not None and action.startswith("stall"):
        await asyncio.sleep(_seconds(action))
    elif action is not None:
        _do(action, place, _kill_children)


def hit(place: str, *, in_worker: bool = False) -> None:
    """Run the action configured for a place, in a thread or a worker."""
    action = _action(place)
    if action is not None and action.startswith("stall"):
        time.sleep(_seconds(action))
    elif action is not None:
        _do(action, place, _kill_parent if in_worker else _kill_children)


def _action(place: str) -> str | None:
    assert place in (*PLACES, *POST_PLACES, *BATTLE_PLACES, *DELETE_PLACES, *DAILY_PLACES), place
    # Read each time: cheap, and tests change it.
    setting = os.environ.get(VARIABLE)
    if not setting:
        return None
    pairs = (pair.partition("=") for pair in setting.split(";"))
    return next((action for name, _, action in pairs if name.strip() == place), None)


def _do(action: str, place: str, kill_peer: Callable[[], None]) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "kill-peer":
        kill_peer()
    elif action == "raise":
        raise Injected(place)
    else:
        raise ValueError(f"{VARIABLE} has an unknown action {action}")


def _seconds(action: str) -> float:
    return float(action.partition(":")[2])


def _kill_parent() -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def _kill_children() -> None:
    for listed in Path("/proc/self/task").glob("*/children"):
        for pid in listed.read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
