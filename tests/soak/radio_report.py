"""The report of a long run of the radio: each figure beside its limit."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass, field

from tests.soak.radio_heard import LATE_SECONDS, SHORTEST_SILENCE_SECONDS, Heard
from tests.soak.tally import Sample, slope_mb_per_hour

FADE_SECONDS = 2.0
"""How long new words are faded in; they count as heard from the middle."""
FLAT_MB = 5.0
"""How much memory may grow in the second half: less than one clip takes for a moment."""
_FIGURES = re.compile(
    r"radio\.heard .*?seconds=(\S+) silent=(\S+) missing=(\S+) low=(\d+) .*cpu=(\S+) fit=(\S+)"
)


@dataclass(frozen=True)
class BotFigures:
    """What the bot measured of its radio, in seconds."""

    seconds: float
    silent: float
    missing: float
    low: float
    player: float
    fit: float


def last_figures(log):
    """Return the figures that the bot logged of its last radio; None if there are none."""
    found = _FIGURES.findall(log)
    return BotFigures(*(float(each) for each in found[-1])) if found else None


@dataclass
class Aired:
    """The measurements of a run of the radio."""

    minutes: float
    heard: Heard = field(default_factory=Heard)
    waits: list[float] = field(default_factory=list)
    """From the order of each clip to its delivery, in seconds."""
    first_clip: float = float("inf")
    first_live: float = float("inf")
    skip: float | None = None
    steered: list[float] = field(default_factory=list)
    """From each change of words to the middle of its fade, in seconds."""
    cpu: float = 0.0
    """Processor time of the bot's process, in seconds."""
    helpers_cpu: float = 0.0
    """Processor time of its child processes that are no workers."""
    memory: list[Sample] = field(default_factory=list)
    minutes_mb: list[tuple[float, float]] = field(default_factory=list)
    """The lowest memory of each minute: resident, and with shared pages divided."""
    bot_figures: BotFigures | None = None

    @property
    def second_half(self):
        """The least resident memory of each minute of the second half."""
        minutes = [each for each, _ in self.minutes_mb]
        return minutes[len(minutes) // 2 :]

    @property
    def growth_mb(self):
        """How much memory grew in the second half, by least squares; None if it was too short."""
        half = self.second_half
        if len(half) < 3:
            return None
        return statistics.linear_regression(range(len(half)), half).slope * (len(half) - 1)


def checks(aired):
    """Yield each figure's name, its limit, its value and whether it is within the limit."""
    heard, figures = aired.heard, aired.bot_figures
    yield "packets lost", "none", f"{heard.lost} of {heard.packets}", not heard.lost
    late = f"{len(heard.late)}, at most {max(heard.late, default=0):.2f} s"
    yield f"packets later than {LATE_SECONDS:g} s", "none", late, not heard.late
    silent = f"{len(heard.silences)}, at most {max(heard.silences, default=0):.2f} s"
    name = f"silences of {SHORTEST_SILENCE_SECONDS:g} s and more"
    yield name, "none", silent, not heard.silences
    yield "first sound of clips", "2 s", f"{aired.first_clip:.2f} s", aired.first_clip < 2
    yield "first sound live", "4 s", f"{aired.first_live:.2f} s", aired.first_live < 4
    skip = "not heard" if aired.skip is None else f"{aired.skip:.2f} s"
    yield "a skip is heard", "1 s", skip, aired.skip is not None and aired.skip < 1
    words = aired.steered
    if words:
        value = f"median {statistics.median(words):.1f} s, worst {max(words):.1f} s"
        yield f"{len(words)} changes of words are heard", "8 s", value, max(words) < 8
    if figures is None:
        yield "the bot tells what it has played", "so", "it does not", False
        return
    yield "live music missing", "none", f"{figures.missing:.2f} s", not figures.missing
    yield "times a clip took live music's place", "none", f"{figures.low:.0f}", not figures.low
    player, fit = (100 * each / figures.seconds for each in (figures.player, figures.fit))
    yield (
        "processor for voice: playing and bringing to 48 kHz",
        "5 %",
        f"{player:.1f} % + {fit:.1f} % of a core",
        player + fit < 5,
    )
    growth = aired.growth_mb
    if growth is not None:
        slope = slope_mb_per_hour(_later(aired.memory))
        value = f"{growth:+.1f} MB ({slope:+.0f} MB an hour by all samples)"
        yield "memory in the second half", f"{FLAT_MB:g} MB", value, growth < FLAT_MB


def table(aired):
    """Return the report as a table."""
    heard, seconds = aired.heard, 60 * aired.minutes
    lines = ["| what | asked | | |", "| --- | ---: | ---: | --- |"]
    for name, asked, value, is_so in checks(aired):
        lines.append(f"| {name} | {asked} | {value} | {'pass' if is_so else 'FAIL'} |")
    rows = {
        "looks at which it was live": f"{heard.live_looks} of {heard.looks}",
        "clips ordered and delivered beside it": len(aired.waits),
        "processor of the whole bot": f"{100 * aired.cpu / seconds:.1f} % of a core",
        "processor of its helpers (ffmpeg, stretching)": (
            f"{100 * aired.helpers_cpu / seconds:.1f} % of a core"
        ),
    }
    if aired.waits:
        rows["from an order to its clip, median and worst"] = (
            f"{statistics.median(aired.waits):.1f} s, {max(aired.waits):.1f} s"
        )
    lines += [f"| {name} | | {value} | |" for name, value in rows.items()]
    least = ", ".join(f"{each:.0f}" for each, _ in aired.minutes_mb)
    shared = ", ".join(f"{each:.0f}" for _, each in aired.minutes_mb)
    return "\n".join(
        [*lines, "", f"Resident, least of each minute, MB: {least}", f"Proportional, MB: {shared}"]
    )


def _later(samples):
    """Return the samples of the second half."""
    half = (samples[0].at_seconds + samples[-1].at_seconds) / 2
    return [each for each in samples if each.at_seconds >= half - 60]
