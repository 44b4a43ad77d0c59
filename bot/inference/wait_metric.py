"""The metric of how long jobs wait in the queue."""

from __future__ import annotations

from prometheus_client import Histogram

_BOUNDS_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)


def queue_wait_histogram() -> Histogram:
    """Return the histogram, not registered anywhere."""
    return Histogram(
        "zhiyin_queue_wait_seconds",
        "How long jobs were queued before they were begun",
        buckets=_BOUNDS_SECONDS,
        registry=None,
    )
