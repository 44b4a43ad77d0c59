"""The command `zhiyin plan`: how many people this machine can serve, and how long they wait."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.capacity.pace import Pace, beside_packing, pace_of
from bot.capacity.simulation import Workers, percentile, serve_people
from bot.cli import console
from bot.cli.bench_run import measure
from bot.cli.integer import integer
from bot.cli.interrupts import Interrupts
from bot.cli.terminal_language import print_sentence, render
from bot.config import Config
from bot.errors import ConfigError
from bot.i18n.sentence import Plural, Sentence
from bot.models.locate import locate
from bot.musicgen.kernels.build import available_cores

_MOST_PEOPLE = 5000
_CLIPS, _SEARCH_CLIPS = 3000, 1000
_MEASURED_SECONDS = 5.0
_SHARE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The expected wait for a clip, in seconds, when so many people play at once."""

    people: int
    clips_per_hour: float
    half: float
    """The median."""
    nearly_all: float
    """The 95th percentile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """How people play, and on which machines."""

    pace: Pace
    cores: int
    """Cores per machine."""
    slots: int
    machines: int
    clip_seconds: float
    pause_seconds: float
    most_per_user: int

    def expect(self, people: int, clips: int = _CLIPS) -> Expected:
        """Simulate so many people, with a fixed seed."""
        workers = Workers(
            beside_packing(self.pace.rate, cores=self.cores),
            slots=self.slots,
            workers=self.machines,
            most_per_user=self.most_per_user,
        )
        made = serve_people(
            workers,
            people,
            itertools.repeat(self.clip_seconds),
            pause_seconds=self.pause_seconds,
            clips=clips + 2 * people,
        )
        took = [each.took_seconds for each in made]
        lasted = made[-1].ready - made[0].ready
        return Expected(
            people=people,
            clips_per_hour=3600 * (len(made) - 1) / lasted,
            half=percentile(took, 0.5),
            nearly_all=percentile(took, _SHARE),
        )

    def most_people(self, within_seconds: float) -> int:
        """Return the number of people whose clips arrive within a time in 95 of 100 cases."""
        fits, fails = 0, 1
        while fails <= _MOST_PEOPLE and self._fits(fails, within_seconds):
            fits, fails = fails, 2 * fails
        while fails - fits > max(1, fits // 50):
            middle = (fits + fails) // 2
            if self._fits(middle, within_seconds):
                fits = middle
            else:
                fails = middle
        return fits

    def _fits(self, people: int, within_seconds: float) -> bool:
        return self.expect(people, _SEARCH_CLIPS).nearly_all <= within_seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add("--model", metavar="M", help="which model to plan for (the configured model)")
    add(
        "--pace",
        metavar="ONE,ALL",
        help="seconds of music a second for one clip and with every slot taken, as `zhiyin bench` "
        "tells; none: they are measured now",
    )
    add("--people", metavar="N,N", default="5,10,20,50,100", help="people who play at once")
    add("--seconds", metavar="S", type=float, default=10.0, help="length of a clip (10)")
    add("--pause", metavar="S", type=float, default=60.0, help="from a clip to the next order (60)")
    add("--within", metavar="S", type=float, default=60.0, help="how long a clip may take (60)")
    add("--machines", metavar="N", type=integer, default=1, help="machines of this pace (1)")
    add("--json", action="store_true", help="print one JSON object instead of a table")


def run(args: argparse.Namespace, config: Config, interrupts: Interrupts) -> int:
    """Measure the pace or read it, simulate and print; return the exit code."""
    people = _whole_numbers(args.people)
    spans = (args.seconds, args.pause, args.within)
    if not all(0.1 <= each <= 3600 for each in spans) or not 1 <= args.machines <= 1000:
        raise ConfigError(
            Sentence(
                "--seconds, --pause and --within are from 0.1 to 3600, --machines from 1 to 1000."
            )
        )
    pace = _pace(args, config, interrupts)
    slots = config.engine.slots
    workload = Workload(
        pace=pace,
        cores=config.engine.threads or available_cores(),
        slots=slots,
        machines=args.machines,
        clip_seconds=args.seconds,
        pause_seconds=args.pause,
        most_per_user=config.limits.running_per_user,
    )
    found = [workload.expect(each) for each in people]
    most = workload.most_people(args.within)
    if args.json:
        report = {
            "pace": {str(number): rate for number, rate in pace.measured.items()},
            "people": [asdict(each) for each in found],
            "most_people": most,
        }
        print(json.dumps(report))
        return 0
    _show(args, workload, found, most)
    return 0


def _show(
    args: argparse.Namespace, workload: Workload, found: Sequence[Expected], most: int
) -> None:
    print_sentence(
        Sentence(
            "{one:.1f} seconds of music a second for one clip, {all:.1f} for {slots} at once, on "
            "each machine.",
            one=workload.pace.rate(1),
            all=workload.pace.rate(workload.slots),
            slots=workload.slots,
        )
    )
    print_sentence(
        Sentence(
            "Everybody asks for {seconds:g} s of music, listens, and asks again {pause:g} s after "
            "a clip came.",
            seconds=args.seconds,
            pause=args.pause,
        )
    )
    print()
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in (
        Sentence("people at once"),
        Sentence("clips an hour"),
        Sentence("median wait, s"),
        Sentence("95th percentile, s"),
    ):
        table.add_column(render(heading), justify="right", no_wrap=True)
    for each in found:
        table.add_row(
            f"{each.people}",
            f"{each.clips_per_hour:.0f}",
            f"{each.half:.0f}",
            f"{each.nearly_all:.0f}",
        )
    out = Console(width=None if sys.stdout.isatty() else 120, markup=False, highlight=False)
    out.print(table)
    print()
    if most >= _MOST_PEOPLE:
        print_sentence(
            Sentence("More than {most} people have their clips that soon.", most=_MOST_PEOPLE)
        )
        return
    print_sentence(
        Plural(
            "{n} person who plays has a clip within {within:g} s, in 95 of 100 cases.",
            "{n} people who play at once have their clips within {within:g} s, in 95 of 100 cases.",
            n=most,
            within=args.within,
        )
    )


def _pace(args: argparse.Namespace, config: Config, interrupts: Interrupts) -> Pace:
    slots = config.engine.slots
    if args.pace is not None:
        try:
            rates = [float(part) for part in args.pace.split(",")]
        except ValueError:
            rates = []
        if len(rates) != 2 or not all(0 < rate < 1e6 for rate in rates):
            raise ConfigError(Sentence("--pace is two numbers above 0, such as 1.3,3.5."))
        return Pace({1: rates[0], slots: rates[1]} if slots > 1 else {1: rates[0]})
    folder: Path = locate(args.model or config.model.name, config)
    with console.reporter(sys.stderr) as report:
        measured = measure(
            folder,
            config,
            interrupts,
            users=sorted({1, slots}),
            seconds=_MEASURED_SECONDS,
            precision=config.engine.precision,
            report=report,
        )
    return pace_of(measured["runs"])


def _whole_numbers(text: str) -> list[int]:
    try:
        numbers = [integer(part) for part in text.split(",")]
    except argparse.ArgumentTypeError:
        numbers = []
    if not numbers or not all(1 <= number <= _MOST_PEOPLE for number in numbers):
        raise ConfigError(
            Sentence(
                "--people is numbers from 1 to {most}, separated by commas.", most=_MOST_PEOPLE
            )
        )
    return numbers
