"""Words that are looked for in prompts, as SQL."""

from __future__ import annotations

_MOST_WORDS = 50
"""So many are looked for; SQLite takes no statement of any length."""

LATEST_OF_PERSON = 5000
"""Among so many of a person's clips is looked at every key that they press."""

AMONG_LATEST = (
    "AND id >= COALESCE((SELECT id FROM clips WHERE user_id = :user ORDER BY id DESC "
    "LIMIT 1 OFFSET :most), 0)"
)
"""The condition that a clip is one of these."""


def like(text: str) -> str:
    """Return the pattern, escaped by a backslash, of what contains a text."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def patterns(words: str) -> dict[str, str]:
    """Return the pattern of each word, by the name of its parameter."""
    return {f"word{number}": like(word) for number, word in enumerate(words.split()[:_MOST_WORDS])}


def has_words(words: str) -> str:
    """Return the condition that all words are in a prompt: one that costs little.

    Asked before all else, since who looks for words may read all clips of a server.
    """
    return " ".join(f"AND prompt LIKE :{name} ESCAPE '\\'" for name in patterns(words))
