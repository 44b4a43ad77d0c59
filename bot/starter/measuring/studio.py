"""Makes clips with the finished model, through the bot's own engine, eight at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.jobs import Finished, GenerationRequest
from bot.jobs import Sound as Clip
from bot.musicgen.engine import Engine
from bot.musicgen.model import Model, load_model
from bot.starter.measuring.features import SAMPLE_RATE_HZ, Sound

AT_ONCE = 8

_MOST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Order:
    """A clip to be made; the sound of `opening` is continued."""

    prompt: str | None
    seed: int
    seconds: float = 10.0
    opening: Sound | None = None


class Studio:
    """A loaded model with room for eight."""

    def __init__(self, folder: Path, cache: Path, report: Callable[[str], None]) -> None:
        report(f"Loading {folder}")
        self.model = _load(folder, cache, requests=AT_ONCE)
        self._report = report

    def make(self, orders: Sequence[Order], what: str) -> list[Sound]:
        """Make clips; what comes back of one that continues is the new sound only."""
        engine = Engine(self.model, max_seconds=_MOST_SECONDS)
        made: list[Sound] = []
        for start in range(0, len(orders), AT_ONCE):
            self._report(f"Making {what}, {start} of {len(orders)}")
            made += self._batch(engine, orders[start : start + AT_ONCE])
        return made

    def through_codec(self, sound: Sound) -> Sound:
        """Return sound as the model's codec gives it back."""
        codec = self.model.codec
        return np.ascontiguousarray(codec.decode(codec.encode(sound[None]))[0, : len(sound)])

    def _batch(self, engine: Engine, orders: Sequence[Order]) -> list[Sound]:
        ids = [engine.submit(self._request(order)) for order in orders]
        found: dict[int, Sound] = {}
        while engine.busy:
            for event in engine.step():
                if isinstance(event, Finished):
                    found[event.request_id] = event.sound.samples[0]
        return [
            found[id_][-round(order.seconds * SAMPLE_RATE_HZ) :]
            for id_, order in zip(ids, orders, strict=True)
        ]

    def _request(self, order: Order) -> GenerationRequest:
        audio = None
        if order.opening is not None:
            audio = Clip(samples=order.opening[None], sample_rate_hz=SAMPLE_RATE_HZ)
        return GenerationRequest(
            seconds=order.seconds,
            seed=order.seed,
            prompt=order.prompt,
            audio=audio,
            sampling=self.model.sampling,
        )


def pace(folder: Path, cache: Path, seconds: float, prompt: str) -> float:
    """Return the seconds of sound that a single request gets per second of the wall clock.

    From handing it in to its last sample, with guidance and sampling, everything compiled.
    """
    model = _load(folder, cache, requests=1)
    engine = Engine(model, max_seconds=_MOST_SECONDS)
    usual = GenerationRequest(seconds=1.0, seed=1, prompt="warm up", sampling=model.sampling)
    _run(engine, usual)
    begun = time.perf_counter()
    _run(engine, replace(usual, seconds=seconds, prompt=prompt))
    return seconds / (time.perf_counter() - begun)


def _run(engine: Engine, request: GenerationRequest) -> None:
    engine.submit(request)
    while engine.busy:
        engine.step()


def _load(folder: Path, cache: Path, *, requests: int) -> Model:
    model = load_model(folder, requests=requests, cache=cache)
    assert (model.channels, model.sample_rate_hz) == (1, SAMPLE_RATE_HZ), "not the starter's format"
    model.warm_up()
    return model
