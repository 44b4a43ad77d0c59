"""A long run of the demo's page: `python -m tests.soak.demo_page --actions 500`.

Three people act at random at the same time, with reloads and broken connections. It prints the
actions and what was lost or doubled; the exit code is 1 if anything was.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

from tests.support.demo_jammers import Jammer, find_differences, settle
from tests.support.demo_stage import open_chromium, open_demo_stage, open_seat

NAMES = ("robin", "maya", "tom")


async def run(actions, seed):
    """Run the actions; return how often each was done, and what is wrong."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stage = await stack.enter_async_context(open_demo_stage(folder))
        browser = await stack.enter_async_context(open_chromium())
        seats = [await stack.enter_async_context(open_seat(stage, browser, n)) for n in NAMES]
        jammers = [Jammer(seat, seed + number) for number, seat in enumerate(seats)]
        await asyncio.gather(*(each.jam(actions // len(NAMES)) for each in jammers))
        await settle(stage, jammers)
        wrong = await find_differences(stage, jammers, folder / "zhiyin.db")
        done = sum((each.done for each in jammers), Counter())
        return done, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    begun = time.monotonic()
    done, wrong = asyncio.run(run(args.actions, args.seed))
    print(f"{sum(done.values())} actions in {time.monotonic() - begun:.0f} s: {dict(done)}")
    print("\n".join(wrong) or "Nothing was lost or doubled.")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
