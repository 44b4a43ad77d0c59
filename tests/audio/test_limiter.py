"""Peaks that are rounded off."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.audio.limiter import KNEE, limit_peaks


@given(st.lists(st.floats(-50, 50, width=32, allow_subnormal=False), min_size=1, max_size=50))
def test_no_peak_clips(heights):
    """However loud: monotonic, below full scale, and unchanged below the knee."""
    samples = np.sort(np.array([heights], np.float32))
    limited = limit_peaks(samples)
    assert np.abs(limited).max() <= 1.0
    assert (np.diff(limited) >= 0).all()
    quiet = np.abs(samples) <= KNEE
    assert np.array_equal(limited[quiet], samples[quiet])
