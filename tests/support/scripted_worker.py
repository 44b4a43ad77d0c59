"""An engine for worker processes in tests: it does what the prompt says.

"fail" fails, as does "fail even" with an even seed; "crash" ends the process, "raise" is a defect
in a step, "hang" stays in its step for ever, "slow" takes a hundred times as long, "half-made
FILE" stays half made until that file exists (tests/support/half_made_clip.py), "stubborn" does so
for ever and ignores a cancel, "beat" gives drums at 120 BPM; any other prompt gives a tone, whose
pitch is the seed in Hz, in ten steps.

With stems it has a guide and drums, bass and lead, a codebook each, whose codes are the digits of
the seed unless they were kept. Endless music comes in chunks of 1/8 s whose samples count up;
"crash later" ends the process after two seconds of it. Prompt changes begin at once, except
"never". The process ends when a clip with seed 63 is separated.
"""

from __future__ import annotations

import dataclasses
import os
import time
from dataclasses import dataclass

import numpy as np

from bot.domain.generation import (
    AudioChunk,
    Event,
    Finished,
    GenerationRequest,
    Progress,
    PromptChanged,
    Sampling,
    Sound,
    StemsRequest,
)
from bot.domain.status import ModelInfo
from bot.errors import CheckpointError, DeviceError, RequestError
from bot.i18n.sentence import Sentence

RATE_HZ = 32_000
STEPS = 10
STEP_SECONDS = 0.002
SLOWLY_REPORTED_EVERY = 10
PIECE_SECONDS = 0.125
SILENCE = Sound(samples=np.zeros((1, 0), np.float32), sample_rate_hz=RATE_HZ)


@dataclass
class Work:
    request: object
    sound: Sound
    steps: int = 0
    taken_seconds: float = 0.0
    is_ending: bool = False

    @property
    def is_endless(self):
        return getattr(self.request, "seconds", 1.0) is None

    @property
    def is_ahead(self):
        made = self.steps * PIECE_SECONDS
        waits = made - self.taken_seconds >= getattr(self.request, "ahead_seconds", 0.0)
        return self.is_endless and not self.is_ending and waits

    def chunk(self, id_, steps, of_steps):
        """Return what the latest of so many steps, or the latest few, added to the sound."""
        length = self.sound.samples.shape[1]
        begun = self.steps - of_steps
        part = slice(length * begun // steps, length * self.steps // steps)
        return AudioChunk(request_id=id_, samples=self.sound.samples[:, part])


def prompt_of(request):
    return getattr(request, "prompt", None) or ""


class Engine:
    def __init__(self):
        self.works = {}
        self.changes = []
        self.next_id = 1

    @property
    def busy(self):
        return bool(self.works)

    @property
    def idle(self):
        return all(work.is_ahead for work in self.works.values())

    def change_prompt(self, id_, change):
        if id_ not in self.works:
            raise RequestError(Sentence("The script says that this is over."))
        self.changes.append((id_, change))
        return len(self.changes)

    def note_taken(self, id_, seconds):
        if id_ in self.works:
            self.works[id_].taken_seconds = seconds

    def end(self, id_):
        if id_ in self.works and self.works[id_].is_endless:
            self.works[id_].is_ending = True

    def submit(self, request):
        words = prompt_of(request)
        if words == "fail" or (words == "fail even" and request.seed % 2 == 0):
            raise RequestError(Sentence("The script says that this can't be made."))
        has_end = isinstance(request, GenerationRequest) and request.seconds is not None
        sound = tone(request) if has_end else SILENCE
        self.works[self.next_id] = Work(request, sound)
        self.next_id += 1
        return self.next_id - 1

    def cancel(self, id_):
        if prompt_of(self.works[id_].request) == "stubborn":
            time.sleep(3600)
        self.works.pop(id_, None)

    def step(self):
        events: list[Event] = []
        for count, (id_, change) in enumerate(self.changes, start=1):
            events += self.begin(id_, count, change)
        self.changes = [(None, None)] * len(self.changes)
        for id_, work in list(self.works.items()):
            prompt = prompt_of(work.request)
            if work.is_endless:
                events += self.go_on(id_, work)
                continue
            if prompt == "crash" or (prompt == "crash once" and crashed_first()):
                os._exit(7)
            if prompt == "raise":
                raise ValueError("the script says so")
            if prompt == "hang":
                time.sleep(3600)
            if work.steps == STEPS // 2 and stays_half_made(prompt):
                continue
            work.steps += 1
            total = getattr(work.request, "seconds", 1.0)
            is_slow = prompt.startswith("slow")
            steps, reported_every = (100 * STEPS, SLOWLY_REPORTED_EVERY) if is_slow else (STEPS, 1)
            if work.steps % reported_every:
                continue
            done = total * work.steps / steps
            events.append(Progress(request_id=id_, seconds_done=done, seconds_total=total))
            events.append(work.chunk(id_, steps, reported_every))
            if work.steps == steps:
                del self.works[id_]
                tokens = np.zeros((4, 0), np.int32)
                events.append(Finished(request_id=id_, sound=work.sound, tokens=tokens))
        time.sleep(STEP_SECONDS)
        return events

    def begin(self, id_, count, change):
        """Begin all prompt changes that can begin, unless they are "never"."""
        if id_ not in self.works:
            return []
        at = None if change.words[0][0] == "never" else self.works[id_].steps * PIECE_SECONDS
        return [PromptChanged(request_id=id_, change_id=count, at_seconds=at)]

    def go_on(self, id_, work):
        """Return the next 1/8 s of endless music, whose samples count up."""
        if work.is_ending:
            del self.works[id_]
            return [Finished(request_id=id_, sound=SILENCE, tokens=np.zeros((4, 0), np.int32))]
        if work.is_ahead:
            return []
        if prompt_of(work.request) == "crash later" and work.steps == 16:
            os._exit(7)
        piece = round(PIECE_SECONDS * RATE_HZ)
        samples = (work.steps * piece + np.arange(piece)).astype(np.float32)
        work.steps += 1
        return [AudioChunk(request_id=id_, samples=samples[None])]


def stays_half_made(prompt):
    """Return whether a clip with this prompt may not be finished yet."""
    kind, _, file = prompt.partition(" ")
    return kind == "stubborn" or (kind == "half-made" and not os.path.exists(file))


def crashed_first():
    """Return whether this is the first call."""
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


STEMS = ("drums", "bass", "lead")
FINGERPRINT = "0123456789abcdef"
HOP = 640


class StemsEngine(Engine):
    def step(self):
        return [self._with_stems(event) for event in super().step()]

    def submit(self, request):
        if isinstance(request, StemsRequest) and is_of_seed(request.tokens, CRASHES):
            os._exit(7)
        self.requests = {**getattr(self, "requests", {}), self.next_id: request}
        return super().submit(request)

    def _with_stems(self, event):
        if not isinstance(event, Finished):
            return event
        request = self.requests[event.request_id]
        if isinstance(request, StemsRequest):
            tones = {
                name: stem_tone(request.tokens[book]) for book, name in enumerate(STEMS, start=1)
            }
            return dataclasses.replace(event, tokens=request.tokens, stems=tones)
        frames = event.sound.samples.shape[1] // HOP
        tokens = np.tile(codes_of(request.seed, frames), (1 + len(STEMS), 1))
        if request.kept is not None:
            length = min(frames, request.kept.tokens.shape[1])
            for book, name in enumerate(STEMS, start=1):
                if name in request.kept.stems:
                    tokens[book, :length] = request.kept.tokens[book, :length]
        if request.audio_tokens is not None:
            tokens[:, : request.audio_tokens.shape[1]] = request.audio_tokens
        return dataclasses.replace(event, tokens=tokens)


CRASHES = 63


def codes_of(seed, frames):
    """Return the seed's digits to the base 64 repeatedly, lowest first: unique for each seed."""
    digits = np.array([seed >> 6 * place & 63 for place in range(11)], np.int32)
    return np.resize(digits, frames)


def is_of_seed(tokens, seed):
    return bool((tokens == codes_of(seed, tokens.shape[1])).all())


def stem_tone(codes):
    """Return a sound whose pitch depends on the code that it is decoded from."""
    times = np.arange(len(codes) * HOP) / RATE_HZ
    samples = 0.1 * np.sin(2 * np.pi * (200 + 10 * int(codes[0])) * times)
    return Sound(samples=samples.astype(np.float32)[None], sample_rate_hz=RATE_HZ)


def open_stems_engine(config):
    about = info(config.engine.slots)
    return StemsEngine(), dataclasses.replace(about, stems=STEMS, fingerprint=FINGERPRINT)


def open_retrained_engine(config):
    engine, about = open_stems_engine(config)
    return engine, dataclasses.replace(about, fingerprint="fedcba9876543210")


class MelodyEngine(Engine):
    """Repeats the melody that a clip is to follow."""

    def submit(self, request):
        id_ = super().submit(request)
        if request.melody is not None:
            length = round(request.seconds * RATE_HZ)
            sung = np.resize(request.melody.samples[0], length)[None].astype(np.float32)
            self.works[id_].sound = Sound(samples=sung, sample_rate_hz=RATE_HZ)
        return id_


def open_melody_engine(config):
    about = info(config.engine.slots)
    return MelodyEngine(), dataclasses.replace(about, takes_melody=True)


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


def open_engine_of_machine(config):
    """Return a model with the weights and precision from the machine's environment."""
    weights = os.environ.get("ZHIYIN_TEST_WEIGHTS", "a")
    precision = os.environ.get("ZHIYIN_TEST_PRECISION", "int8")
    about = info(config.engine.slots)
    return Engine(), dataclasses.replace(about, weights=weights, precision=precision)


def open_nothing(config):
    raise CheckpointError(Sentence("The script says that there is no model."))


def open_no_device(config):
    raise DeviceError(Sentence("The script says that there is no device."))


def open_nothing_after(config):
    """Wait for a file with the model's name, so that an order can come first."""
    while not os.path.exists(config.model.name):
        time.sleep(0.01)
    open_nothing(config)


def open_never(config):
    time.sleep(3600)
