"""Where the engine's time is spent."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Phases(defaultdict[str, float]):
    """Seconds spent so far, by phase."""

    def __init__(self) -> None:
        super().__init__(float)

    @contextmanager
    def timed_step(self, decode_share: float) -> Iterator[None]:
        """Time a decoder step; `decode_share` of it is decoding, the rest prefill."""
        begun = time.perf_counter()
        yield
        elapsed = time.perf_counter() - begun
        self["prefill"] += elapsed * (1 - decode_share)
        self["decode"] += elapsed * decode_share

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Add the time of the block to a phase."""
        begun = time.perf_counter()
        yield
        self[phase] += time.perf_counter() - begun
