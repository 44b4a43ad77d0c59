"""The seeds that a test's bot draws when none is given: the same in every run."""

from __future__ import annotations

import itertools

APART = 4
"""The step between two draws, so that the takes of different orders differ."""

FIRST, END = 420, 460
"""The scripted worker's tones in Hz, in which no key is detected, alone or in sequence."""


class DrawnSeeds:
    """Draws seeds one after the other, and starts again after ten."""

    def __init__(self):
        self._seeds = itertools.cycle(range(FIRST, END, APART))

    def __call__(self, limit):
        assert limit >= END
        return next(self._seeds)
