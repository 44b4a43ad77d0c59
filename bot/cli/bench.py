"""The command `zhiyin bench`: how fast this machine makes music, for one person and for many.

Times are the wall clock's, from handing in the requests to the last sample of the last clip.
Loading and compiling come before, once at start, and have lines of their own.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.cli import bench_baselines, console
from bot.cli.bench_run import PROMPTS, measure
from bot.cli.integer import integer
from bot.cli.interrupts import Interrupts
from bot.cli.terminal_language import print_sentence, render
from bot.config import PRECISIONS, Config, cache_folder
from bot.domain.progress import Reporter
from bot.errors import ConfigError, RequestError
from bot.i18n.sentence import Sentence
from bot.models.locate import locate

SYNTHETIC = ("small", "medium", "large", "stereo-small", "stereo-medium", "stereo-large")
MAX_USERS = 64
RIVALS = ("mindnlp", "torch", "openvino", "onnxruntime")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--model", metavar="M", help="what to measure (the configured model)")
    which.add_argument(
        "--synthetic",
        metavar="SHAPE",
        choices=[f"musicgen-{size}" for size in SYNTHETIC],
        help="a published model's exact shape with random weights, no download: "
        f"musicgen- with {', '.join(SYNTHETIC)}",
    )
    add = parser.add_argument
    add("--users", metavar="N,N", default="1,8", help="how many clips at once (1,8)")
    add("--seconds", metavar="S", type=float, default=10.0, help="length of each clip (10)")
    add("--precision", choices=PRECISIONS, help="arithmetic (the configured one)")
    add(
        "--against",
        metavar="R,R",
        default="",
        help="time others too: the first steps of mindnlp (its own generate) and torch "
        "(transformers on PyTorch, in fp32 and bf16), whole clips of openvino and onnxruntime "
        "(the model converted, in int8); uv installs the last three apart from the bot",
    )
    add(
        "--rush",
        type=integer,
        metavar="N",
        help="time the bot's answers with N people at once instead",
    )
    add("--json", action="store_true", help="print one JSON object instead of tables")


def run(args: argparse.Namespace, config: Config, interrupts: Interrupts) -> int:
    """Measure, print and return the exit code."""
    if args.rush is not None:
        if args.rush < 1:
            raise RequestError(Sentence("--rush is a number from 1 on."))
        return _rush(args, config)
    users = _numbers(args.users)
    rivals = rivals_of(args.against)
    if "mindnlp" in rivals:
        users = users if 1 in users else [1, *users]
        # Read when MindSpore starts: MindNLP's thousands of small operations are up to five
        # times as fast when they are not handed to another thread. Measure it at its best.
        os.environ.setdefault("MS_DEV_LAUNCH_BLOCKING", "1")
    if not 0 < args.seconds <= config.generation.max_seconds:
        raise RequestError(
            Sentence(
                "--seconds must be above 0 and at most {max_seconds:g}.",
                max_seconds=config.generation.max_seconds,
            )
        )
    with console.reporter(sys.stderr) as report, _model_folder(args, config, report) as folder:
        measured = measure(
            folder,
            config,
            interrupts,
            users=users,
            seconds=args.seconds,
            precision=args.precision or config.engine.precision,
            report=report,
        )
        for rival in rivals:
            others = measured.setdefault("against", [])
            if rival == "mindnlp":
                report.stage(Sentence("Timing MindNLP's own generate"))
                others += bench_baselines.with_mindnlp(folder, measured, PROMPTS[0])
            elif rival == "torch":
                report.stage(Sentence("Timing transformers on PyTorch"))
                others += bench_baselines.with_torch(folder, measured)
            else:
                report.stage(Sentence("Converting to {rival} and timing it", rival=rival))
                others += bench_baselines.with_converted(rival, folder, measured)
    measured["model"] = args.synthetic or args.model or config.model.name
    print(json.dumps(measured)) if args.json else show(measured)
    return 0


def _rush(args: argparse.Namespace, config: Config) -> int:
    from bot.cli import bench_load

    found = bench_load.run(config, args.rush)
    if args.json:
        print(json.dumps(dataclasses.asdict(found)))
    else:
        for line in bench_load.lines(found):
            print_sentence(line)
    return 0


def show(measured: dict[str, Any]) -> None:
    """Print the figures as tables."""
    print_sentence(
        Sentence(
            "{model}, {precision}, {decoder}, on {device}, {threads} threads, peak memory "
            "{gigabytes:.1f} GB",
            model=measured["model"],
            precision=measured["precision"],
            decoder=measured["decoder"],
            device=measured["device"],
            threads=measured["threads"],
            gigabytes=measured["peak_mb"] / 1000,
        )
    )
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in (
        Sentence("clips at once"),
        Sentence("ms per step"),
        Sentence("wall s"),
        Sentence("times real time, all"),
        Sentence("each"),
        Sentence("first sound s"),
    ):
        table.add_column(render(heading), justify="right", no_wrap=True)
    for one in measured["runs"]:
        factor = one["real_time_factor"]
        table.add_row(
            f"{one['users']} x {one['seconds']:g} s",
            f"{one['ms_per_step']:.1f}",
            f"{one['wall_seconds']:.1f}",
            f"{factor:.2f}",
            f"{factor / one['users']:.2f}",
            f"{one['first_sound_seconds']:.2f}",
        )
    phases = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    phases.add_column(render(Sentence("seconds spent on")), no_wrap=True)
    for one in measured["runs"]:
        phases.add_column(
            render(Sentence("{n} at once", n=one["users"])), justify="right", no_wrap=True
        )
    for name in measured["runs"][0]["phases"]:
        phases.add_row(name, *(f"{one['phases'].get(name, 0):.2f}" for one in measured["runs"]))
    out = Console(width=None if sys.stdout.isatty() else 120, markup=False, highlight=False)
    out.print(table)
    print()
    out.print(phases)
    start = measured["phases"]
    print_sentence(
        Sentence(
            "\nOnce at start: load {load:.1f} s, compile {compile:.1f} s.",
            load=start["load"],
            compile=start["compile"],
        )
    )
    if "against" in measured:
        out.print(against_table(measured["against"]))


def against_table(others: Sequence[dict[str, Any]]) -> Table:
    """Return the timings of the other programs as a table."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("\n" + render(Sentence("others, clips at once")), no_wrap=True)
    for heading in (
        Sentence("ms per step"),
        Sentence("times ours"),
        Sentence("times real time, all"),
    ):
        table.add_column(f"\n{render(heading)}", justify="right", no_wrap=True)
    for other in others:
        factor = other.get("real_time_factor")
        table.add_row(
            f"{other['name']}, {other['users']}",
            f"{other['ms_per_step']:.1f}",
            f"{other['ratio']:.1f}",
            "" if factor is None else f"{factor:.2f}",
        )
    return table


@contextmanager
def _model_folder(args: argparse.Namespace, config: Config, report: Reporter) -> Iterator[Path]:
    """Lend the model's folder; a synthetic one is temporary."""
    if not args.synthetic:
        yield locate(args.model or config.model.name, config)
        return
    from bot.musicgen.baselines.synthetic import write_checkpoint
    from bot.musicgen.checkpoint.presets import preset

    root = cache_folder()
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, ignore_cleanup_errors=True) as scratch:
        report.stage(
            Sentence("Writing random weights of {synthetic}'s shape", synthetic=args.synthetic)
        )
        folder = Path(scratch) / args.synthetic
        write_checkpoint(folder, preset(args.synthetic))
        yield folder


def _numbers(text: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if not numbers or not all(1 <= number <= MAX_USERS for number in numbers):
        raise ConfigError(
            Sentence(
                "--users takes numbers from 1 to {max_users}, such as 1,8.", max_users=MAX_USERS
            )
        )
    return numbers


def rivals_of(text: str) -> list[str]:
    """Return the names listed in --against; raises ConfigError for unknown ones."""
    rivals = [part.strip() for part in text.split(",") if part.strip()]
    if not set(rivals) <= set(RIVALS):
        raise ConfigError(
            Sentence("--against takes names out of {known}.", known=", ".join(RIVALS))
        )
    return rivals
