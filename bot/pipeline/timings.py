"""When the pipeline shows progress and tries again; tests pass in shorter ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.retry import RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """The waits of the pipeline."""

    first_shown_seconds: float = 0.5
    """After how long the progress of a job is shown for the first time."""
    show_every_seconds: float = 3.0
    card_every_seconds: float = 2.0
    """How often the card of a jam changes at the most."""
    job_retry: RetryPolicy = field(
        default_factory=lambda: RetryPolicy(initial_seconds=2.0, max_seconds=60.0, base=3.0)
    )
    """Before a job is run again whose task failed: a full disk takes time."""
    look_again_seconds: float = 2.0
    """Before what was due and failed, a post in a server say, is tried for the second time."""
    forget_round_seconds: float = 1.0
    """How long a job is waited for, at a time, whose person wants to be forgotten."""
    delivery_retry: RetryPolicy = field(
        default_factory=lambda: RetryPolicy(
            initial_seconds=1.0, max_seconds=60.0, jitter_seconds=0.5, timeout_seconds=3600.0
        )
    )
    """While Discord itself or the way to it is in trouble."""
