"""What is told of a long run of the radio, and what of it is not as it must be."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass, field

from tests.soak.radio_heard import LATE_SECONDS, SHORTEST_SILENCE_SECONDS, Heard
from tests.soak.tally import Sample, slope_mb_per_hour

FADE_SECONDS = 2.0
"""Over which other words are faded in: they are heard from its middle on."""
FLAT_MB = 5.0
"""By how much memory may have grown in the second half: less than one clip takes for a moment."""
_TOLD = re.compile(
    r"radio\.heard .*?seconds=(\S+) silent=(\S+) missing=(\S+) low=(\d+) .*cpu=(\S+) fit=(\S+)"
)


@dataclass(frozen=True)
class Told:
    """What the bot has counted of a radio, in seconds."""

    seconds: float
    silent: float
    missing: float
    low: float
    player: float
    fit: float


def told_last(log):
    """What a log tells of the radio that was on last; None where it tells of none."""
    found = _TOLD.findall(log)
    return Told(*(float(each) for each in found[-1])) if found else None


@dataclass
class Aired:
    """What has come of a radio."""

    minutes: float
    heard: Heard = field(default_factory=Heard)
    waits: list[float] = field(default_factory=list)
    """From each order of a clip to the clip."""
    first_clip: float = float("inf")
    first_live: float = float("inf")
    skip: float | None = None
    steered: list[float] = field(default_factory=list)
    """From other words to the middle of the fade into them."""
    cpu: float = 0.0
    """What the bot has taken of the processor, in seconds."""
    helpers_cpu: float = 0.0
    """What its processes that are no workers have taken."""
    memory: list[Sample] = field(default_factory=list)
    minutes_mb: list[tuple[float, float]] = field(default_factory=list)
    """The least of each minute: resident, and proportional where pages are shared."""
    told: Told | None = None

    @property
    def second_half(self):
        """The least resident memory of each minute of the second half."""
        minutes = [each for each, _ in self.minutes_mb]
        return minutes[len(minutes) // 2 :]

    @property
    def growth_mb(self):
        """By how much memory has grown in the second half, by least squares; None if too short."""
        half = self.second_half
        if len(half) < 3:
            return None
        return statistics.linear_regression(range(len(half)), half).slope * (len(half) - 1)


def checks(aired):
    """Yield each thing that was asked for, what came of it, and whether that is as it must be."""
    heard, told = aired.heard, aired.told
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
        said = f"median {statistics.median(words):.1f} s, worst {max(words):.1f} s"
        yield f"{len(words)} changes of words are heard", "8 s", said, max(words) < 8
    if told is None:
        yield "the bot tells what it has played", "so", "it does not", False
        return
    yield "live music missing", "none", f"{told.missing:.2f} s", not told.missing
    yield "times a clip took live music's place", "none", f"{told.low:.0f}", not told.low
    player, fit = (100 * each / told.seconds for each in (told.player, told.fit))
    yield (
        "processor for voice: playing and bringing to 48 kHz",
        "5 %",
        f"{player:.1f} % + {fit:.1f} % of a core",
        player + fit < 5,
    )
    growth = aired.growth_mb
    if growth is not None:
        slope = slope_mb_per_hour(_later(aired.memory))
        said = f"{growth:+.1f} MB ({slope:+.0f} MB an hour by all samples)"
        yield "memory in the second half", f"{FLAT_MB:g} MB", said, growth < FLAT_MB


def table(aired):
    """Return what to print."""
    heard, seconds = aired.heard, 60 * aired.minutes
    lines = ["| what | asked | | |", "| --- | ---: | ---: | --- |"]
    for name, asked, said, is_so in checks(aired):
        lines.append(f"| {name} | {asked} | {said} | {'pass' if is_so else 'FAIL'} |")
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
    """Samples of the second half."""
    half = (samples[0].at_seconds + samples[-1].at_seconds) / 2
    return [each for each in samples if each.at_seconds >= half - 60]
