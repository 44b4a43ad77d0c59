"""The status of the loaded model, workers, connections and jobs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.domain.generation import Sampling
from bot.i18n.sentence import Sentence

BEHIND_SECONDS = 2.0
"""A connection with a higher latency is slow: first responses are due within a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """The loaded model, as reported by its worker."""

    name: str
    licence: str
    channels: int
    sample_rate_hz: int
    sampling: Sampling
    slots: int
    device: str
    """The device, in words."""
    load_seconds: float
    """From the start of loading to the end of the warm-up."""
    warm_up_seconds: float = 0.0
    target: str = "CPU"
    """MindSpore's name of the device."""
    precision: str = ""
    decoder: str = ""
    """The decoder implementation, in words."""
    stems: tuple[str, ...] = ()
    """The stems of its clips; empty for most models."""
    fingerprint: str = ""
    """The fingerprint of its codebooks, where it has stems."""
    takes_melody: bool = False
    """Whether it follows a melody."""
    max_seconds: float = math.inf
    """The longest new sound that it generates."""
    frame_samples: int = 640
    """Samples per code frame, per channel."""
    weights: str = ""
    """A digest of its files, to compare the models of machines."""

    @property
    def arithmetic(self) -> str:
        """Return what a seed's sound depends on: precision, and the device unless a CPU."""
        return self.precision if self.target == "CPU" else f"{self.precision} ({self.target})"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """The status of a worker."""

    host: str
    """Its machine's host name; "" before Hello."""
    is_local: bool
    """Whether it runs on the bot's machine."""
    is_ready: bool
    jobs: int
    starts: int
    seconds_per_second: float | None
    """Its work seconds per second of a single clip; None while unknown."""
    precision: str
    """The precision of its model, and the device unless it is a CPU; "" before Ready."""
    trouble: Sentence | None
    """Why it can't be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardStatus:
    """The status of a connection to Discord."""

    number: int
    servers: int
    """How many servers it serves."""
    is_connected: bool
    latency_seconds: float | None
    """The last heartbeat's round trip; None before the first."""

    @property
    def is_behind(self) -> bool:
        """Return whether its events arrive late, or not at all."""
        return not self.is_connected or (self.latency_seconds or 0.0) > BEHIND_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """A job's progress, for the person who waits.

    `ahead` is how many jobs precede it, `share` the generated fraction of its sound; `seconds_left`
    is None until an ETA is known.
    """

    ahead: int
    share: float
    seconds_left: float | None
    is_running: bool
    model_is_ready: bool
    trouble: Sentence | None = None
    """Why the model can't be loaded."""
