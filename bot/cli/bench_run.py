"""Make and time clips for several numbers of users at once."""

from __future__ import annotations

import dataclasses
import platform
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.interrupts import Interrupts
from bot.config import Config
from bot.domain.generation import AudioChunk, Event, GenerationRequest
from bot.domain.progress import Reporter
from bot.domain.status import ModelInfo
from bot.i18n.sentence import Sentence
from bot.models.opening import open_engine
from bot.musicgen.kernels.build import available_cores

if TYPE_CHECKING:
    from bot.musicgen.engine.engine import Engine

PROMPTS = (
    "90s rock with a driving beat and electric guitars",
    "slow jazz piano in a small bar at night",
    "dark techno with a rolling bass line",
    "happy folk song with banjo and fiddle",
    "lo-fi hip hop with dusty drums and warm keys",
    "orchestral film music, strings and brass, epic",
    "80s pop with bright synthesizers and gated drums",
    "ambient pads drifting over soft rain",
)


WARM_UP_SECONDS = 1.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BenchResult:
    """The timing of one clip for each of several users at once."""

    users: int
    seconds: float
    ms_per_step: float
    wall_seconds: float
    real_time_factor: float
    first_sound_seconds: float
    """From submitting the requests to the first samples of any clip."""
    phases: dict[str, float]


def measure(
    folder: Path,
    config: Config,
    interrupts: Interrupts,
    *,
    users: Sequence[int],
    seconds: float,
    precision: str,
    report: Reporter,
) -> dict[str, Any]:
    """Load the model, make clips for each number of users, and return all figures."""
    report.stage(Sentence("Loading"))
    engine, model = open_engine(
        config,
        folder=folder,
        slots=max(users),
        precision=precision,
        warming=_stage(report, Sentence("Compiling and warming up")),
    )
    _make(engine, interrupts, _requests(1, WARM_UP_SECONDS, seed=1_000_000))
    runs = []
    for count in users:
        report.stage(Sentence("Making {count} x {seconds:g} s", count=count, seconds=seconds))
        runs.append(_timed_run(engine, interrupts, count, seconds))
    return {
        "precision": model.precision,
        "device": f"CPU {_processor()}" if model.target == "CPU" else model.target,
        "threads": config.engine.threads or available_cores(),
        "peak_mb": round(_peak_bytes() / 1e6),
        "phases": _phases_at_start(model) | _total(runs),
        "runs": [dataclasses.asdict(run) for run in runs],
        "decoder": model.decoder,
    }


@contextmanager
def _stage(report: Reporter, name: Sentence) -> Iterator[None]:
    report.stage(name)
    yield


def _phases_at_start(model: ModelInfo) -> dict[str, float]:
    return {
        "load": round(model.load_seconds - model.warm_up_seconds, 3),
        "compile": round(model.warm_up_seconds, 3),
    }


def _timed_run(engine: Engine, interrupts: Interrupts, users: int, seconds: float) -> BenchResult:
    before = dict(engine.phases)
    steps = engine.steps
    begun = time.perf_counter()
    heard = _make(engine, interrupts, _requests(users, seconds, seed=users))
    wall = time.perf_counter() - begun
    phases = {name: spent - before.get(name, 0) for name, spent in engine.phases.items()}
    decoding = phases["decode"] + phases["prefill"]
    return BenchResult(
        users=users,
        seconds=seconds,
        ms_per_step=round(1000 * decoding / (engine.steps - steps), 2),
        wall_seconds=round(wall, 3),
        real_time_factor=round(users * seconds / wall, 3),
        first_sound_seconds=round(heard - begun, 3),
        phases={name: round(spent, 3) for name, spent in phases.items()},
    )


def _make(engine: Engine, interrupts: Interrupts, requests: Sequence[GenerationRequest]) -> float:
    """Make all clips; return when the first samples arrived."""
    heard = 0.0
    for request in requests:
        engine.submit(request)
    with interrupts.deferred():
        while engine.busy:
            interrupts.check()
            events = engine.step()
            if not heard and any(_is_sound(event) for event in events):
                heard = time.perf_counter()
    return heard


def _is_sound(event: Event) -> bool:
    return isinstance(event, AudioChunk) and event.samples.size > 0


def _requests(users: int, seconds: float, *, seed: int) -> list[GenerationRequest]:
    """Return one request per user; the seed also makes prompts differ, to miss the text cache."""
    return [
        GenerationRequest(
            seconds=seconds, seed=seed + i, prompt=f"{PROMPTS[i % len(PROMPTS)]}, take {seed + i}"
        )
        for i in range(users)
    ]


def _total(runs: Sequence[BenchResult]) -> dict[str, float]:
    names = dict.fromkeys(name for run in runs for name in run.phases)
    return {name: round(sum(run.phases.get(name, 0) for run in runs), 3) for name in names}


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
