"""The command `zhiyin generate`: a prompt, a sound file or neither in, sound files out."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Protocol

from bot import console
from bot.audio import encode
from bot.config import Config, cache_folder
from bot.interrupts import Interrupts
from bot.jobs import Event, Finished, GenerationRequest, Progress, Sound
from bot.plan import Plan, make_plan


class Engine(Protocol):
    """What this command wants of the engine."""

    @property
    def busy(self) -> bool:
        """Tell whether any request is unfinished."""

    def submit(self, request: GenerationRequest) -> int:
        """Take on a request and return its id."""

    def step(self) -> Sequence[Event]:
        """Work a little and return what happened."""


class OpenEngine(Protocol):
    """How an engine is made ready for a plan."""

    def __call__(self, plan: Plan, config: Config, interrupts: Interrupts) -> Engine:
        """Load the model and return its engine."""


def open_engine(plan: Plan, config: Config, interrupts: Interrupts) -> Engine:
    """Load the model of a plan, with room for all its requests at once."""
    from bot.musicgen.engine import Engine as TheEngine
    from bot.musicgen.model import load_model

    model = load_model(
        plan.folder,
        requests=len(plan.requests),
        cache=cache_folder(),
        threads=config.engine.threads or None,
        hub=config.model.hub_endpoint,
    )
    # Before the clock of the music starts, so that the time left is told from its own pace.
    with interrupts.deferred():
        model.warm_up()
    interrupts.check()
    return TheEngine(model, max_seconds=config.generation.max_seconds)


def run(
    args: argparse.Namespace,
    config: Config,
    interrupts: Interrupts,
    *,
    open_engine: OpenEngine = open_engine,
) -> int:
    """Make the clips and write them; return the exit code."""
    plan = make_plan(args, config)
    with console.reporter(sys.stderr) as report:
        started = time.monotonic()
        report.stage(f"Loading {plan.model}")
        engine = open_engine(plan, config, interrupts)
        loaded = time.monotonic()
        clips = "a clip" if len(plan.requests) == 1 else f"{len(plan.requests)} clips"
        report.stage(f"Making {clips} of {plan.requests[0].seconds:g} s")
        with interrupts.deferred():
            sounds = make(engine, plan.requests, report, interrupts)
        finished = time.monotonic()
        for file, sound in zip(plan.files, sounds, strict=True):
            encode.write(file, sound)
    for line in summary(plan, loading=loaded - started, making=finished - loaded):
        print(line)
    return 0


def make(
    engine: Engine,
    requests: Sequence[GenerationRequest],
    report: console.Reporter,
    interrupts: Interrupts,
) -> list[Sound]:
    """Make all requests at once and return their sounds in order."""
    total = sum(request.seconds for request in requests)
    ids = [engine.submit(request) for request in requests]
    done = dict.fromkeys(ids, 0.0)
    sounds: dict[int, Sound] = {}
    while engine.busy:
        interrupts.check()
        for event in engine.step():
            if isinstance(event, Progress):
                done[event.request_id] = event.seconds_done
            elif isinstance(event, Finished):
                sounds[event.request_id] = event.sound
        report.made(sum(done.values()), total)
    return [sounds[id_] for id_ in ids]


def summary(plan: Plan, *, loading: float, making: float) -> list[str]:
    """Return the closing lines; both times in seconds."""
    factor = plan.seconds / making
    pace = f"made in {making:.1f} s (real-time factor {factor:.2f}), loading {loading:.1f} s"
    after = f" after {plan.seconds_before:.1f} s of yours" if plan.seconds_before else ""
    each = [
        (f"{file}: {request.seconds:.1f} s of sound{after}", f"seed {request.seed}")
        for file, request in zip(plan.files, plan.requests, strict=True)
    ]
    if len(each) == 1:
        return [f"{each[0][0]}, {pace}, {each[0][1]}"]
    total = f"{len(each)} clips: {plan.seconds:.1f} s of sound {pace}"
    return [*(", ".join(words) for words in each), total]
