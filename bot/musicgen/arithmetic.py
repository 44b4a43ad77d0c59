"""Choose how a model is computed: own kernels or MindSpore, and the precision."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import get_args

from bot.domain.generation import Precision
from bot.musicgen.device import Device
from bot.musicgen.kernels.build import (
    KernelsUnavailableError,
    compile_kernels,
    set_threads,
    supports_int8,
)

log = logging.getLogger(__name__)


def kernels_for(device: Device, cache: Path, threads: int) -> Path | None:
    """Return the compiled kernels; None if the device has none or they can't be compiled."""
    if not device.own_kernels:
        return None
    try:
        compiled = compile_kernels(cache / "kernels")
    except KernelsUnavailableError as reason:
        log.warning("model.no_kernels several times slower: %s", reason)
        return None
    set_threads(compiled, threads)
    return compiled


def choose_precision(asked: str, compiled: Path | None, device: Device) -> Precision:
    """Return the precision to compute in.

    With kernels as asked for; `auto` is int8 if the processor has instructions for it. Without
    kernels fp32, on a device fp16 unless fp32 is asked for.
    """
    if compiled is None:
        usual: Precision = "fp32" if device.own_kernels or asked == "fp32" else "fp16"
        if asked not in ("auto", usual):
            log.warning("model.no_precision using %s: %s needs the kernels", usual, asked)
        return usual
    if asked == "auto":
        return "int8" if supports_int8(compiled) else "fp32"
    return next(known for known in get_args(Precision) if known == asked)
