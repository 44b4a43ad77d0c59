"""A checkpoint's tokenizer stored as JSON, which avoids importing transformers."""

from __future__ import annotations

from typing import Any, Protocol

from tokenizers import Tokenizer as FastTokenizer


class Tokenizer(Protocol):
    """Tokenizes prompts for the text encoder, with the end token."""

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text."""


class StoredTokenizer:
    """A stored tokenizer, with the same tokens as the original of transformers."""

    def __init__(self, stored: str) -> None:
        """Take the JSON that `stored_tokenizer` returned."""
        self._tokenizer = FastTokenizer.from_str(stored)

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text, the end token last."""
        return list(self._tokenizer.encode(text).ids)


def stored_tokenizer(tokenizer: Any) -> str | None:
    """Return a tokenizer of transformers as JSON; None for one implemented in Python."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return None
    copy = FastTokenizer.from_str(backend.to_str())
    # transformers sets truncation and padding at each call; neither is used here.
    copy.no_truncation()
    copy.no_padding()
    return str(copy.to_str())
