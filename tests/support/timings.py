"""Timings of the pipeline for tests: what takes minutes on Discord takes no time here."""

from __future__ import annotations

from bot.pipeline.timings import Timings
from bot.retry import RetryPolicy


def patient(attempts, seconds=0.02):
    """A policy that tries so many times, with the same short wait in between."""
    return RetryPolicy(initial_seconds=seconds, max_seconds=seconds, attempts=attempts)


def quick(*, first_shown=0.5, show_every=3.0, card_every=2.0, attempts=13, job_retry_seconds=0.01):
    """Timings with short waits; a delivery is tried so many times."""
    return Timings(
        first_shown_seconds=first_shown,
        show_every_seconds=show_every,
        card_every_seconds=card_every,
        job_retry=RetryPolicy(initial_seconds=job_retry_seconds, max_seconds=job_retry_seconds),
        delivery_retry=patient(attempts),
    )
