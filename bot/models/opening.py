"""Open an engine: locate a model, load and warm it up, and describe what is loaded.

The only place that does so, for the worker, the commands and the starter's evaluation. The model's
libraries take seconds to import, so they are imported when a model is opened.
"""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config import Config, cache_folder
from bot.domain.generation import MAX_MIXED_PROMPTS
from bot.domain.status import ModelInfo
from bot.errors import ResourceError
from bot.i18n.sentence import Sentence
from bot.models.locate import licence_of, locate
from bot.models.registry import STARTER
from bot.musicgen.checkpoint.fingerprint import fingerprint
from bot.musicgen.checkpoint.inspection import inspect
from bot.musicgen.checkpoint.packed_cache import content_digest
from bot.musicgen.device import choose_device

if TYPE_CHECKING:
    from bot.musicgen.engine.engine import Engine
    from bot.musicgen.model import Model


def open_engine(
    config: Config,
    *,
    name: str | None = None,
    folder: Path | None = None,
    slots: int | None = None,
    precision: str | None = None,
    prompts: Collection[str] | None = None,
    warming: AbstractContextManager[object] | None = None,
    most_words: int = MAX_MIXED_PROMPTS,
) -> tuple[Engine, ModelInfo]:
    """Load a model, warm, with room for as many clips at once as there are slots.

    What is not given is as configured; `folder` is where the model `name` lies, if that is known
    already. `prompts` are those of all requests to come, where they are known: others would wait
    for the text encoder. `most_words` is how many prompts can change at once. `warming` is
    entered around the warm-up. Raises ZhiyinError where it can't be loaded.
    """
    with explain_imports():
        from bot.musicgen.engine.engine import Engine

    name = name or config.model.name
    slots = slots or config.engine.slots
    folder = folder or locate(name, config)
    model, warm_up_seconds = open_model(
        config,
        folder,
        slots=slots,
        precision=precision,
        prompts=prompts,
        warming=warming,
        most_words=most_words,
    )
    longest = max(config.limits.max_seconds, config.generation.max_seconds)
    info = ModelInfo(
        name=name if name == STARTER else model.name,
        licence=licence_of(name, config),
        channels=model.channels,
        sample_rate_hz=model.sample_rate_hz,
        sampling=model.sampling,
        slots=slots,
        device=f"{os.cpu_count()} processor cores" if model.device == "CPU" else model.device,
        target=model.device,
        precision=model.decoder.precision,
        decoder=model.decoder.description,
        load_seconds=model.load_seconds + model.pack_seconds + warm_up_seconds,
        warm_up_seconds=warm_up_seconds,
        stems=tuple(stem.name for stem in model.config.stems),
        fingerprint=fingerprint(inspect(folder)) if model.config.stems else "",
        takes_melody=model.melody is not None,
        max_seconds=longest,
        frame_samples=model.config.codec.hop,
        weights=content_digest(inspect(folder)),
    )
    return Engine(model, max_seconds=longest), info


@contextmanager
def explain_imports() -> Iterator[None]:
    """Raise ResourceError where the system lacks a library that the model's libraries need."""
    try:
        yield
    except ImportError as error:
        missing = re.match(r"(\S+\.so\S*): cannot open shared object file", str(error))
        if missing is None:
            raise
        raise ResourceError(
            Sentence(
                "MindSpore needs {library}, which this machine lacks: install it with your "
                "system's package manager (`apt install libgomp1`).",
                library=missing[1],
            )
        ) from error


def open_model(
    config: Config,
    folder: Path,
    *,
    slots: int,
    precision: str | None = None,
    cache: Path | None = None,
    prompts: Collection[str] | None = None,
    warming: AbstractContextManager[object] | None = None,
    most_words: int = MAX_MIXED_PROMPTS,
) -> tuple[Model, float]:
    """Load a model from its folder and warm it up; return it and the seconds of the warm-up.

    Compiled kernels and packed weights are kept in `cache`, the user's own if none is given. Raises
    CheckpointError and ResourceError.
    """
    with explain_imports():
        device = choose_device(config.engine.device)
        from bot.musicgen.model import load_model

    model = load_model(
        folder,
        device=device,
        requests=slots,
        cache=cache or cache_folder(),
        threads=config.engine.threads or None,
        hub=config.model.hub_endpoint,
        precision=precision or config.engine.precision,
        most_words=most_words,
    )
    with warming or nullcontext():
        warm_up_seconds = model.warm_up(prompts)
    # What is there stays. Looking through it for garbage again and again takes as long as sampling.
    gc.freeze()
    return model, warm_up_seconds
