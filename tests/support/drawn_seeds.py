"""The seeds that a test's bot draws where nobody names one: the same in every run."""

from __future__ import annotations

import itertools

APART = 4
"""Between two draws, so that the takes of one are nobody else's."""

FIRST, END = 420, 460
"""The scripted worker's tones at so many Hz, in which no key is heard, alone or in a row."""


class DrawnSeeds:
    """Draws seeds one after the other, and from the start again after ten."""

    def __init__(self):
        self._seeds = itertools.cycle(range(FIRST, END, APART))

    def __call__(self, limit):
        assert limit >= END
        return next(self._seeds)
