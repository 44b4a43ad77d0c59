"""A long run of the whole bot under faults: `python -m tests.soak --minutes 30 --seed 1`.

Two hundred people on a simulated Discord order clips, send intact and damaged files, press
buttons once and twice, and fight battles, jam, star, report and follow daily prompts. Meanwhile
bot and worker are killed, the disk is full for a while, Discord breaks connections off, stores and
then fails, or refuses, and the clock jumps. At the end the bot gets time to finish; then the
database is audited, and the fairness of the queue. The same seed does the same actions; their
timing depends on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.soak.crowd import open_crowd
from tests.soak.faults import FAULTS, cause_fault
from tests.soak.group_audit import audit_groups
from tests.soak.machine_faults import MACHINE_FAULTS, cause_machine_fault
from tests.soak.queue_watch import Waits, waits
from tests.soak.reconciliation import audit, read
from tests.soak.tally import Tally, table
from tests.support.discord_wire.bot_process import LOG

CHANNELS = 20


@dataclass
class SoakOutcome:
    """The result of a soak."""

    tally: Tally
    rows: dict[str, Any]
    line: Waits
    wrong: list[str]


async def soak(
    minutes, seed, people, folder, *, pause_seconds=100.0, between_seconds=(1.0, 4.0), **workers
):
    """Run for so many minutes and until each fault has occurred once; then audit the result.

    People pause for `pause_seconds` on average, and faults for `between_seconds`. `workers` has the
    numbers of joined machines and of the bot's workers, as for `open_crowd`.
    """
    dice = random.Random(seed)
    async with open_crowd(
        folder, people=people, channels=CHANNELS, seed=seed, pause_seconds=pause_seconds, **workers
    ) as crowd:
        bot, tally, skew = crowd.bot, crowd.tally, crowd.data / "skew"
        # The first daily prompt is posted on the day after it is switched on.
        skew.write_text("-86400")
        tally.back_seconds.append(await bot.start())
        weighing = asyncio.create_task(tally.weigh(bot))
        await crowd.begin()
        skew.write_text("0")
        ends = time.monotonic() + 60 * minutes
        faults = FAULTS | (MACHINE_FAULTS if crowd.machines else {})
        due = dice.sample(list(faults), len(faults))
        while due or time.monotonic() < ends:
            await asyncio.sleep(dice.uniform(*between_seconds))
            (kind,) = [due.pop()] if due else dice.choices(list(faults), list(faults.values()))
            if kind in MACHINE_FAULTS:
                await cause_machine_fault(kind, bot, crowd.machines, dice, tally)
            else:
                await cause_fault(kind, bot, dice, tally)
        await crowd.calm()
        crowd.wire.faults.clear()
        skew.write_text("0")
        left = await crowd.settle()
        weighing.cancel()
        await crowd.stop_bot()
        wrong = [f"job {job} is still {state}" for job, state in left]
        if bot.exit_code != 0:
            wrong.append(f"the bot ended with {bot.exit_code}")
        rows, found = audit(await read(crowd.data), crowd.wire)
        of_groups, groups_wrong = audit_groups(crowd.data, crowd.wire)
        line = waits((folder / LOG).read_text().splitlines())
        wrong += found + groups_wrong + line.broken
        return SoakOutcome(tally, rows | of_groups, line, wrong)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what happens (%(default)s)")
    parser.add_argument("--people", type=int, default=200, help="how many (%(default)s)")
    parser.add_argument(
        "--pause",
        type=float,
        default=100.0,
        help="between two actions of each, seconds (%(default)s)",
    )
    parser.add_argument("--joined", type=int, default=0, help="machines that join (%(default)s)")
    parser.add_argument("--local", type=int, default=1, help="workers of the bot (%(default)s)")
    parser.add_argument("--folder", type=Path, help="keep database, clips and log there")
    args = parser.parse_args(arguments)
    # Child processes print without buffering.
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.folder or Path(scratch)
        between_seconds = (5.0, 40.0) if args.minutes >= 5 else (1.0, 4.0)
        done = asyncio.run(
            soak(
                args.minutes,
                args.seed,
                args.people,
                folder,
                pause_seconds=args.pause,
                between_seconds=between_seconds,
                joined=args.joined,
                local=args.local,
            )
        )
    print(f"seed {args.seed}, {args.minutes:g} minutes, {args.people} people\n")
    print(table(done.tally, done.rows, done.line))
    for each in done.wrong:
        print(f"WRONG: {each}")
    return 1 if done.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
