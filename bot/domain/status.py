"""The status of the loaded model and of a job."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.domain.generation import Sampling
from bot.i18n.sentence import Sentence

BEHIND_SECONDS = 2.0
"""A connection to Discord that answers later is behind: people get a first answer within one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """The loaded model, as its worker describes it."""

    name: str
    licence: str
    channels: int
    sample_rate_hz: int
    sampling: Sampling
    slots: int
    device: str
    """What it is computed on, in words."""
    load_seconds: float
    """From the start of loading to the end of the warm-up."""
    warm_up_seconds: float = 0.0
    target: str = "CPU"
    """What it is computed on, as MindSpore names it."""
    precision: str = ""
    decoder: str = ""
    """What computes it, in words."""
    stems: tuple[str, ...] = ()
    """The stems its clips consist of; none with most models."""
    fingerprint: str = ""
    """The fingerprint of its codebooks, where it has stems."""
    takes_melody: bool = False
    """Whether it follows a melody."""
    max_seconds: float = math.inf
    """The longest new sound that it takes on."""
    frame_samples: int = 640
    """How many samples a code stands for, in each channel."""
    weights: str = ""
    """A digest of its files, by which machines see that they have the same."""

    @property
    def arithmetic(self) -> str:
        """Return what decides how a seed sounds: the precision, and the device but a processor."""
        return self.precision if self.target == "CPU" else f"{self.precision} ({self.target})"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """How one worker is doing."""

    host: str
    """The machine where it is; "" before it has said so."""
    is_local: bool
    """Whether that is the bot's own machine."""
    is_ready: bool
    jobs: int
    starts: int
    seconds_per_second: float | None
    """Its seconds of work for a second of a single clip; None while unknown."""
    precision: str
    """The precision of its model, and the device where that is no processor; "" before."""
    trouble: Sentence | None
    """Why it can't be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardStatus:
    """How one connection to Discord is doing."""

    number: int
    servers: int
    """How many servers it is for."""
    is_connected: bool
    latency_seconds: float | None
    """How long Discord took to answer the last heartbeat; None before there is one."""

    @property
    def is_behind(self) -> bool:
        """Return whether what happens there is heard late, or not at all."""
        return not self.is_connected or (self.latency_seconds or 0.0) > BEHIND_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """Where a job stands, for the person who waits.

    `ahead` is how many jobs of anyone come before it, `share` the fraction of its sound that is
    made; `seconds_left` is None until an ETA is known.
    """

    ahead: int
    share: float
    seconds_left: float | None
    is_running: bool
    model_is_ready: bool
    trouble: Sentence | None = None
    """Why the model can't be loaded."""
