"""The weighted prompts of live music."""

from __future__ import annotations

from bot.domain.generation import MAX_MIXED_PROMPTS

Words = tuple[tuple[str, float], ...]

MAX_LIVE_CHARACTERS = 100
"""Maximum characters of each prompt."""


def with_words(words: Words, text: str, weight: float) -> Words:
    """Return the prompts with one added, or with its weight changed; a weight of 0 removes it.

    The oldest are dropped beyond three. The last one is never removed.
    """
    text = " ".join(text.split())
    others = tuple(each for each in words if each[0].casefold() != text.casefold())
    if weight <= 0:
        return others or words
    return (*others, (text, weight))[-MAX_MIXED_PROMPTS:]
