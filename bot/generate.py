"""The command `zhiyin generate`: a prompt, a sound file or neither in, sound files out."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bot import console
from bot.audio import encode
from bot.audio.loudness import levelled
from bot.audio.seams import faded
from bot.config import Config, cache_folder
from bot.finishing import finished
from bot.interrupts import Interrupts
from bot.jobs import Event, Finished, GenerationRequest, Progress, Sound
from bot.orders import Tags
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
        precision=plan.precision,
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
        lengths = [
            write(plan, request, file, sound, config.sound.loudness_lufs)
            for request, file, sound in zip(plan.requests, plan.files, sounds, strict=True)
        ]
    for line in summary(plan, lengths, loading=loaded - started, making=finished - loaded):
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


def write(
    plan: Plan, request: GenerationRequest, file: Path, sound: Sound, loudness_lufs: float
) -> float:
    """Write a clip that tells how it was made, as loud as all others; return its seconds."""
    done = finished(sound, as_loop=plan.as_loop)
    level = faded(levelled(done.sound, loudness_lufs), loops=done.loops)
    tags = Tags(
        prompt=request.prompt,
        seed=request.seed,
        model=plan.model,
        kind="random" if request.prompt is None and request.audio is None else "music",
        guidance=request.sampling.guidance,
        temperature=request.sampling.temperature,
        top_k=request.sampling.top_k,
        bpm=done.bpm,
        key=done.key,
        loops=done.loops,
    )
    encode.write(file, level, tags)
    return done.sound.seconds


def summary(plan: Plan, lengths: Sequence[float], *, loading: float, making: float) -> list[str]:
    """Return the closing lines; the lengths of the files and both times are in seconds."""
    factor = plan.seconds / making
    pace = f"made in {making:.1f} s (real-time factor {factor:.2f}), loading {loading:.1f} s"
    after = f" after {plan.seconds_before:.1f} s of yours" if plan.seconds_before else ""
    each = [
        (
            f"{file}: a loop of {seconds:.1f} s"
            if plan.as_loop
            else f"{file}: {request.seconds:.1f} s of sound{after}",
            f"seed {request.seed}",
        )
        for file, request, seconds in zip(plan.files, plan.requests, lengths, strict=True)
    ]
    if len(each) == 1:
        return [f"{each[0][0]}, {pace}, {each[0][1]}"]
    total = f"{len(each)} clips: {plan.seconds:.1f} s of sound {pace}"
    return [*(", ".join(words) for words in each), total]
