"""What is told of the loaded model and of a job on its way."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.generation import Sampling
from bot.i18n.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What is playing: the loaded model, as the worker tells it."""

    name: str
    licence: str
    channels: int
    sample_rate_hz: int
    sampling: Sampling
    slots: int
    device: str
    load_seconds: float
    """From the start of loading to the end of the warm-up."""
    warm_up_seconds: float = 0.0
    precision: str = ""
    decoder: str = ""
    """What computes it, in words."""
    stems: tuple[str, ...] = ()
    """What its clips can be taken apart into; nothing with most models."""
    fingerprint: str = ""
    """That of its codebooks, where it has stems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """Where a job is on its way, for the person who waits.

    `ahead` jobs are before it, of anyone; `share` of its sound is made; `seconds_left` is None
    while no pace is known.
    """

    ahead: int
    share: float
    seconds_left: float | None
    is_running: bool
    model_is_ready: bool
    trouble: Sentence | None = None
    """Why the model can't be loaded."""
