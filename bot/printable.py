"""Make strangers' texts safe for terminals and logs."""

from __future__ import annotations

import unicodedata

_ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of controls, formatting, lone surrogates and line breaks."""

_JOINERS = "\u200c\u200d"
"""Joiners, which emoji and some scripts need, and which are harmless."""


def escape_controls(text: str, *, keep: str = "") -> str:
    r"""Return a text with control characters written out, as `\x1b`."""
    if text.isascii() and text.isprintable():
        return text
    keep += _JOINERS
    return "".join(
        repr(each)[1:-1] if unicodedata.category(each) in _ACTING and each not in keep else each
        for each in text
    )


def bare_name(filename: str, most_characters: int) -> str | None:
    """Return a stranger's file name without folders and controls; None if nothing is left.

    For display only, never a path.
    """
    last = filename.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(
        each for each in last if each in _JOINERS or unicodedata.category(each) not in _ACTING
    )
    return " ".join(kept.split())[:most_characters] or None
