"""Integers on the command line."""

from __future__ import annotations

import argparse

_MOST_CHARACTERS = 40


def integer(text: str) -> int:
    """Parse an integer; of one with thousands of digits only the first are repeated.

    Raises argparse.ArgumentTypeError.
    """
    shown = text
    if len(text) <= _MOST_CHARACTERS:
        try:
            return int(text)
        except ValueError:
            pass
    else:
        shown = f"{text[:20]}…"
    raise argparse.ArgumentTypeError(f"invalid integer value: {shown!r}")
