"""Texts of strangers on terminals and in logs: nothing in them acts, moves or hides anything."""

from __future__ import annotations

import unicodedata

_ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control characters, those that turn or hide text, lone halves of characters, line breaks."""

_JOINERS = "\u200c\u200d"
"""Emoji and some scripts are written with these, and they do no more than join."""


def escape_controls(text: str, *, keep: str = "") -> str:
    r"""Return a text with every character that acts on a terminal written out, as `\x1b`."""
    if text.isascii() and text.isprintable():
        return text
    keep += _JOINERS
    return "".join(
        repr(each)[1:-1] if unicodedata.category(each) in _ACTING and each not in keep else each
        for each in text
    )


def bare_name(filename: str, most_characters: int) -> str | None:
    """Return a stranger's name of a file without folders and what acts; None if nothing is left.

    It is for people to read, never a path.
    """
    last = filename.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(
        each for each in last if each in _JOINERS or unicodedata.category(each) not in _ACTING
    )
    return " ".join(kept.split())[:most_characters] or None
