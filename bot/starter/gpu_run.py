"""Train codec and language model on one GPU for some minutes, and bring the weights back.

    python -m bot.starter.gpu_run pack --folder work --pack pack       # here: what has to travel
    python -m bot.starter.gpu_run train --pack pack --out out          # there: PyTorch and a GPU
    python -m bot.starter.gpu_run bring --folder work --out out        # here: go on from the result

Both train at the same time, each in a process of its own, on pieces that other processes compose.
What goes on from weights takes more room to travel: `--only language` packs and trains one of both.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.starter import train as program
from bot.starter.training.settings import TRAINED


def train(
    folder: Path,
    out: Path,
    options: Sequence[str],
    device: str,
    processes: int,
    stages: Sequence[str] = TRAINED,
) -> int:
    """Train in a packed folder and write the weights in parts; return the exit code.

    `options` go to `bot.starter.train`. What was trained comes back even where one of both fails.
    """
    # Here, so that those who are forked have it all; no device is in use before.
    import bot.starter.training.stages  # noqa: F401
    from bot.starter.training import packing

    out.mkdir(parents=True, exist_ok=True)
    composing = {"codec": max(1, processes // 4), "language": max(1, processes * 3 // 4)}
    if len(stages) == 1:
        composing = dict.fromkeys(stages, processes)
    forking = multiprocessing.get_context("fork")
    running = []
    for stage in stages:
        arguments = ["--folder", str(folder), "--stage", stage, "--device", device]
        arguments += ["--processes", str(composing[stage]), "--threads", "2", *options]
        running.append(forking.Process(target=program.main, args=(arguments,)))
    for process in running:
        process.start()
    for process in running:
        process.join()
    for stage in stages:
        file = folder / f"{stage}.pt"
        if file.exists():
            packing.split(file, out)
        log = folder / f"{stage}.log"
        if log.exists():
            shutil.copyfile(log, out / log.name)
    return max((process.exitcode or 0 for process in running), key=abs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked for and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot.starter.gpu_run", description=__doc__)
    parser.add_argument("what", choices=("pack", "train", "bring"))
    parser.add_argument("--folder", type=Path, default=Path("work"), help="where training is kept")
    parser.add_argument("--pack", type=Path, default=Path("pack"), help="what travels")
    parser.add_argument("--out", type=Path, default=Path("out"), help="what comes back")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--processes", type=int, default=max(2, (os.cpu_count() or 2) - 2))
    parser.add_argument("--only", choices=TRAINED, help="pack and train this one alone")
    args, options = parser.parse_known_args(arguments)
    if options and args.what != "train":
        parser.error(f"{args.what} has no {options[0]}")
    stages = TRAINED if args.only is None else (args.only,)
    # Not above: processes that compose import this module again, and do without PyTorch.
    from bot.starter.training import packing

    if args.what == "pack":
        print(f"{packing.pack(args.folder, args.pack, stages) / 1e6:.1f} MB")
        return 0
    if args.what == "train":
        return train(args.pack, args.out, options, args.device, args.processes, stages)
    packing.bring(args.out, args.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
