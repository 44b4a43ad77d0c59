"""The words that a room steers live music by."""

from __future__ import annotations

from bot.domain.generation import MAX_WORDS

Words = tuple[tuple[str, float], ...]

MAX_LIVE_CHARACTERS = 100
"""How long each of them may be."""


def with_words(words: Words, text: str, weight: float) -> Words:
    """Return words with others added, or weighted anew; a weight of 0 takes them away.

    The oldest give way to more than three. Where all would be taken away, they stay.
    """
    text = " ".join(text.split())
    others = tuple(each for each in words if each[0].casefold() != text.casefold())
    if weight <= 0:
        return others or words
    return (*others, (text, weight))[-MAX_WORDS:]
