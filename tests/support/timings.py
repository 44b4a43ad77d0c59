"""Short timings of the pipeline for tests, instead of minutes as on Discord."""

from __future__ import annotations

from bot.pipeline.timings import Timings
from bot.retry import RetryPolicy


def patient(attempts, seconds=0.02):
    """Return a policy with so many attempts and the same short wait between."""
    return RetryPolicy(initial_seconds=seconds, max_seconds=seconds, attempts=attempts)


def quick(*, first_shown=0.5, show_every=3.0, card_every=2.0, attempts=13, job_retry_seconds=0.01):
    """Return timings with short waits; a delivery is attempted so many times."""
    return Timings(
        first_shown_seconds=first_shown,
        show_every_seconds=show_every,
        card_every_seconds=card_every,
        job_retry=RetryPolicy(initial_seconds=job_retry_seconds, max_seconds=job_retry_seconds),
        delivery_retry=patient(attempts),
    )
