"""Time how long sampling takes on this machine."""

from __future__ import annotations

import statistics
import time

import numpy as np

from bot.domain.generation import Sampling
from bot.musicgen.checkpoint.model_config import DecoderConfig
from bot.musicgen.engine.sampling import choose, guide

_TIMES = 9


def choice_seconds(config: DecoderConfig) -> float:
    """Return the seconds that guidance and sampling take for one request, as by default."""
    random = np.random.default_rng(0)
    logits = random.standard_normal((2, config.codebooks, config.vocab_size), np.float32)
    sampling = Sampling()
    spans = []
    for _ in range(_TIMES):
        begun = time.perf_counter()
        guided = guide(logits[0], logits[1], sampling.guidance)
        choose(guided, sampling, random.random(config.codebooks))
        spans.append(time.perf_counter() - begun)
    return statistics.median(spans)
