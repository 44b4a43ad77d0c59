"""SQL for searching words in prompts."""

from __future__ import annotations

_MOST_WORDS = 50
"""Maximum number of search words, since SQLite limits statements."""

LATEST_OF_PERSON = 5000
"""How many of a person's latest clips autocomplete searches."""

AMONG_LATEST = (
    "AND id >= COALESCE((SELECT id FROM clips WHERE user_id = :user ORDER BY id DESC "
    "LIMIT 1 OFFSET :most), 0)"
)
"""SQL condition: a clip is among those."""


def like(text: str) -> str:
    """Return the LIKE pattern for prompts that contain a text, escaped by a backslash."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def patterns(words: str) -> dict[str, str]:
    """Return the pattern of each word, by parameter name."""
    return {f"word{number}": like(word) for number, word in enumerate(words.split()[:_MOST_WORDS])}


def has_words(words: str) -> str:
    """Return the condition that a prompt contains all words; a cheap one.

    It comes first in a WHERE clause, since a search may read all clips of a server.
    """
    return " ".join(f"AND prompt LIKE :{name} ESCAPE '\\'" for name in patterns(words))
