"""Integers on the command line."""

from __future__ import annotations

import argparse

_MOST_CHARACTERS = 40


def integer(text: str) -> int:
    """Parse an integer; one with thousands of digits is rejected without repeating it.

    Raises argparse.ArgumentTypeError.
    """
    if len(text) > _MOST_CHARACTERS:
        raise argparse.ArgumentTypeError(f"this is no number that can be used: {text[:20]}…")
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"this is no whole number: {text!r}") from None
