"""Plain letters for those that stand for them, or whose capitals they share."""

from __future__ import annotations

# Turkish i's, the long s and the kelvin sign. A pattern without regard to case takes them for ASCII
# letters, which `str.lower` and `str.casefold` don't.
_PLAIN = str.maketrans({"İ": "I", "ı": "i", "ſ": "s", "\u212a": "K"})


def plain_letters(text: str) -> str:
    """Return a text of the same length that is read alike in lower case, as "DİSCO" and "disco"."""
    return text.translate(_PLAIN)
