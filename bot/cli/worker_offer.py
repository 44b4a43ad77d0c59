"""The resources that a machine offers to a remote bot: cores, memory, pace, precision, device."""

from __future__ import annotations

import multiprocessing
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from bot.config import Config, cache_folder
from bot.i18n.sentence import Plural, Sentence
from bot.inference.ray.nodes import Offer
from bot.models.locate import inspect_model
from bot.models.pace import real_time_factors
from bot.musicgen.checkpoint.memory import memory_available
from bot.musicgen.device import ON_ASCEND, ON_PROCESSOR, wants_ascend
from bot.musicgen.kernels.build import compiled_kernels, supports_int8


def offer_of(config: Config) -> Offer:
    """Return this machine's offer. Takes seconds the first time."""
    return Offer(
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=memory_available(),
        factor=_factor(config) or 0.0,
        model=config.model.name,
        precision=_precision(config),
        device="Ascend" if wants_ascend(config.engine.device) else "CPU",
    )


def describe_offer(offer: Offer, workers: int) -> Iterator[Sentence]:
    """Yield the offer as sentences."""
    yield Sentence(
        "{host} offers {cores} processor cores and {gigabytes:.1f} GB of memory.",
        host=socket.gethostname(),
        cores=offer.cores,
        gigabytes=offer.memory_bytes / 1e9,
    )
    yield ON_ASCEND if offer.device == "Ascend" else ON_PROCESSOR
    if offer.factor:
        yield Sentence(
            "It makes about {factor:.1f} seconds of music a second with {model}.",
            factor=offer.factor,
            model=offer.model,
        )
    yield Plural(
        "It takes {n} worker. Whoever has the token can run programs here: keep it to yourself, "
        "and Ray's ports (it listens at several) inside your own network.",
        "It takes {n} workers. Whoever has the token can run programs here: keep it to yourself, "
        "and Ray's ports (it listens at several) inside your own network.",
        n=workers,
    )


def _factor(config: Config) -> float | None:
    """Return the real-time factor, timed in a process whose end frees MindSpore's memory."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        try:
            return pool.submit(_timed_factor, config).result()
        except BrokenProcessPool:
            return None


def _timed_factor(config: Config) -> float | None:
    model = inspect_model(config)[0].config
    return real_time_factors([model], config, _NoProgress()).get(model)


def _precision(config: Config) -> str:
    if wants_ascend(config.engine.device):
        return "fp32" if config.engine.precision == "fp32" else "fp16"
    if config.engine.precision != "auto":
        return config.engine.precision
    library = compiled_kernels(cache_folder() / "kernels")
    return "int8" if library is not None and supports_int8(library) else "fp32"


class _NoProgress:
    """Ignores progress, since it takes only a second."""

    def stage(self, name: Sentence, unit: str = "s") -> None:
        """Ignore a stage."""

    def made(self, amount: float, of_amount: float) -> None:
        """Ignore an amount."""
