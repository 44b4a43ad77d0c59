"""Start decoding the stems of a clip; empty sound and results."""

from __future__ import annotations

import numpy as np

from bot.domain.generation import Finished, Sound, Tokens
from bot.musicgen.engine.vocoder import StemSeparation
from bot.musicgen.model import Model


def separate(model: Model, tokens: Tokens) -> StemSeparation:
    """Return the separation of a clip's codes [codebooks, frames] into all stems of a model."""
    return StemSeparation(model.codec, tokens, model.config.stems)


def silence(model: Model) -> Sound:
    """Return sound of no length."""
    nothing = np.zeros((model.channels, 0), np.float32)
    return Sound(samples=nothing, sample_rate_hz=model.sample_rate_hz)


def empty_result(model: Model, request_id: int) -> Finished:
    """Return the result of a request that ended before anything was generated."""
    codes = np.zeros((model.config.decoder.codebooks, 0), np.int32)
    return Finished(request_id=request_id, sound=silence(model), tokens=codes)
