"""An engine that does what the prompt says, for tests of the code around an engine.

"fail at 2" raises in the second step, "interrupt at 2" is a Ctrl-C there, "wait at 2" prints
"waiting" and stays in the second step. Any other prompt gives a tone, ten steps a clip.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field

import numpy as np

from bot.cli.generate_plan import Plan
from bot.cli.interrupts import Interrupts
from bot.config import Config
from bot.domain.generation import (
    AudioChunk,
    Event,
    Finished,
    GenerationRequest,
    Progress,
    PromptChange,
    PromptChanged,
    Sound,
)

RATE_HZ = 32_000
STEPS = 10
SILENCE = Sound(samples=np.zeros((1, 0), np.float32), sample_rate_hz=RATE_HZ)


@dataclass
class ScriptedEngine:
    """Finishes every request after ten steps with a tone whose pitch is the seed in Hz."""

    requests: list[GenerationRequest] = field(default_factory=list)
    changes: list[PromptChange] = field(default_factory=list)
    begun: list[tuple[int, int, float]] = field(default_factory=list)
    taken_seconds: float = 0.0
    steps: int = 0
    sounds: list[Sound] = field(default_factory=list)

    @property
    def busy(self):
        return self.steps < STEPS or any(request.seconds is None for request in self.requests)

    def change_prompt(self, id_, change):
        self.changes.append(change)
        self.begun.append((id_, len(self.changes), change.at_seconds or 0.0))
        return len(self.changes)

    def note_taken(self, id_, seconds):
        self.taken_seconds = seconds

    def submit(self, request):
        self.requests.append(request)
        self.sounds.append(SILENCE if request.seconds is None else tone(request))
        return len(self.requests) - 1

    def step(self):
        self.steps += 1
        for request in self.requests:
            self._obey(request.prompt or "")
        begun, self.begun = self.begun, []
        changed = [
            PromptChanged(request_id=id_, change_id=change, at_seconds=at)
            for id_, change, at in begun
        ]
        return changed + [
            event
            for id_, request in enumerate(self.requests)
            for event in self._events(id_, request)
        ]

    def _events(self, id_, request):
        if request.seconds is None:
            piece = dataclasses.replace(request, seconds=0.1, audio=None)
            return [AudioChunk(request_id=id_, samples=tone(piece).samples)]
        sound = self.sounds[id_]
        length = sound.samples.shape[1]
        part = slice(length * (self.steps - 1) // STEPS, length * self.steps // STEPS)
        events: list[Event] = [AudioChunk(request_id=id_, samples=sound.samples[:, part])]
        if self.busy:
            done = request.seconds * self.steps / STEPS
            events.append(
                Progress(request_id=id_, seconds_done=done, seconds_total=request.seconds)
            )
        else:
            tokens = np.zeros((4, 0), np.int32)
            events.append(Finished(request_id=id_, sound=sound, tokens=tokens))
        return events

    def _obey(self, prompt):
        script = re.fullmatch(r"(fail|interrupt|wait) at (\d+)", prompt)
        if script is None or int(script[2]) != self.steps:
            return
        match script[1]:
            case "fail":
                raise ValueError("the script says so")
            case "interrupt":
                raise KeyboardInterrupt
            case "wait":
                print("waiting", flush=True)
                self.steps -= 1


def tone(request):
    """Return a sound whose pitch is the seed in Hz, after the audio prompt."""
    time_s = np.arange(round(request.seconds * RATE_HZ)) / RATE_HZ
    samples = (0.5 * np.sin(2 * np.pi * request.seed * time_s)).astype(np.float32)[None]
    if request.audio is not None:
        before = request.audio.samples
        samples = np.concatenate([before, np.repeat(samples, len(before), axis=0)], axis=1)
    return Sound(samples=samples, sample_rate_hz=RATE_HZ)


@dataclass
class Opener:
    """Opens scripted engines and records its arguments."""

    plans: list[Plan] = field(default_factory=list)
    engines: list[ScriptedEngine] = field(default_factory=list)

    def __call__(self, plan: Plan, config: Config, interrupts: Interrupts):
        self.plans.append(plan)
        self.engines.append(ScriptedEngine())
        return self.engines[-1]

    @property
    def requests(self):
        (engine,) = self.engines
        return engine.requests
