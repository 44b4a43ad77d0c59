"""Faults of joined machines, and of the head of their cluster."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psutil

from tests.support.joined_machine import command_of, workers

MACHINE_FAULTS = {
    "kill a machine": 3,
    "freeze a machine": 3,
    "kill a machine's worker": 4,
    "kill the head": 1,
}
FROZEN_SECONDS = (12.0, 25.0)
"""Longer than the heartbeat timeout of a machine."""


async def cause_machine_fault(kind, bot, machines, dice, tally):
    """Cause a fault on one machine, which joins again by itself."""
    tally.faults[kind] += 1
    chosen = dice.choice(machines)
    match kind:
        case "kill a machine":
            # The process that lends it is started again at once, as a service would be.
            _do("kill", chosen.children(recursive=True))
        case "freeze a machine":
            all_ = [chosen, *chosen.children(recursive=True)]
            _do("suspend", all_)
            await asyncio.sleep(dice.uniform(*FROZEN_SECONDS))
            _do("resume", all_)
        case "kill a machine's worker":
            _do("kill", workers(chosen))
        case "kill the head":
            named = [
                each for each in bot.children if "gcs_server" in " ".join(command_of(each)[:1])
            ]
            _do("kill", named)


def _do(what, processes):
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            getattr(each, what)()
