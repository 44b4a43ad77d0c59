"""Intervals and retry policies of the pipeline; tests pass in shorter ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.retry import RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Intervals and retry policies of the pipeline."""

    first_shown_seconds: float = 0.5
    """Delay before the progress of a job is shown for the first time."""
    show_every_seconds: float = 3.0
    card_every_seconds: float = 2.0
    """Minimum interval between edits of a jam's card (debounce)."""
    job_retry: RetryPolicy = field(
        default_factory=lambda: RetryPolicy(initial_seconds=2.0, max_seconds=60.0, base=3.0)
    )
    """Backoff before a failed job task runs again: a full disk takes time to clear."""
    retry_due_seconds: float = 2.0
    """Delay before a failed scheduled post, of a daily prompt say, is retried."""
    clock_settles_seconds: float = 3000.0
    """How long the bot runs before it takes dates in the future for those of a wrong clock.

    Its own clock may be the wrong one, until the machine gets the right time.
    """
    forget_round_seconds: float = 1.0
    """How long an erasure waits for a delivery before it checks again."""
    delivery_retry: RetryPolicy = field(
        default_factory=lambda: RetryPolicy(
            initial_seconds=1.0, max_seconds=60.0, jitter_seconds=0.5, timeout_seconds=3600.0
        )
    )
    """While Discord itself or the way to it is in trouble."""
