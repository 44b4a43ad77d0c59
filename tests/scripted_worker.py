"""An engine for worker processes in tests: it does what the prompt says.

"fail" can't be made, "crash" ends the process, "raise" is a defect in a step, "hang" stays in its
step for ever, "slow" takes a hundred times as long, "stubborn" goes on when it is cancelled, "beat"
makes drums at 120 BPM; any other prompt makes a tone, whose pitch is the seed in Hz, in ten steps.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import numpy as np

from bot.errors import CheckpointError, RequestError
from bot.jobs import Finished, Progress, Sampling, Sound
from bot.orders import ModelInfo

RATE_HZ = 32_000
STEPS = 10
STEP_SECONDS = 0.002


@dataclass
class Work:
    request: object
    steps: int = 0


class Engine:
    def __init__(self):
        self.works = {}
        self.next_id = 1

    @property
    def busy(self):
        return bool(self.works)

    def submit(self, request):
        if request.prompt == "fail":
            raise RequestError("The script says that this can't be made.")
        self.works[self.next_id] = Work(request)
        self.next_id += 1
        return self.next_id - 1

    def cancel(self, id_):
        if self.works[id_].request.prompt == "stubborn":
            time.sleep(3600)
        self.works.pop(id_, None)

    def step(self):
        events: list[Progress | Finished] = []
        for id_, work in list(self.works.items()):
            prompt = work.request.prompt or ""
            if prompt == "crash" or (prompt == "crash once" and crashed_first()):
                os._exit(7)
            if prompt == "raise":
                raise ValueError("the script says so")
            if prompt == "hang":
                time.sleep(3600)
            work.steps += 1
            total = work.request.seconds
            steps = 100 * STEPS if prompt.startswith(("slow", "stubborn")) else STEPS
            done = total * work.steps / steps
            events.append(Progress(request_id=id_, seconds_done=done, seconds_total=total))
            if work.steps == steps:
                del self.works[id_]
                sound = tone(work.request)
                tokens = np.zeros((4, 0), np.int32)
                events.append(Finished(request_id=id_, sound=sound, tokens=tokens))
        time.sleep(STEP_SECONDS)
        return events


def crashed_first():
    """Tell, the first time, that it is the first time."""
    mark = os.environ["ZHIYIN_TEST_MARK"]
    if os.path.exists(mark):
        return False
    with open(mark, "w"):
        return True


def tone(request):
    times = np.arange(round(request.seconds * RATE_HZ)) / RATE_HZ
    samples = (0.5 * np.sin(2 * np.pi * (request.seed % 8000) * times)).astype(np.float32)[None]
    if (request.prompt or "").startswith("beat"):
        noise = np.random.default_rng(request.seed).normal(size=len(times))
        loud = np.where(times % 2.0 < 0.5, 0.5, 0.25)
        samples = (loud * noise * np.exp(-30 * (times % 0.5))).astype(np.float32)[None]
    if request.audio is not None:
        samples = np.concatenate([request.audio.samples, samples], axis=1)
    return Sound(samples=samples, sample_rate_hz=RATE_HZ)


def info(slots):
    return ModelInfo(
        name="scripted",
        licence="none",
        channels=1,
        sample_rate_hz=RATE_HZ,
        sampling=Sampling(),
        slots=slots,
        device="a script",
        load_seconds=0.0,
    )


def open_engine(config):
    return Engine(), info(config.engine.slots)


def open_nothing(config):
    raise CheckpointError("The script says that there is no model.")


def open_never(config):
    time.sleep(3600)
