"""The tokenizer of a checkpoint, kept as JSON, so that transformers need not be imported for it."""

from __future__ import annotations

from typing import Any, Protocol

from tokenizers import Tokenizer as FastTokenizer


class Tokenizer(Protocol):
    """Tokenizes a prompt for the text encoder, the end token included."""

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text."""


class StoredTokenizer:
    """The same tokens as the tokenizer of transformers that it was stored from."""

    def __init__(self, stored: str) -> None:
        """Take what `stored_tokenizer` returned."""
        self._tokenizer = FastTokenizer.from_str(stored)

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text, the end token last."""
        return list(self._tokenizer.encode(text).ids)


def stored_tokenizer(tokenizer: Any) -> str | None:
    """Return a tokenizer of transformers as JSON; None where it is written in Python."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return None
    copy = FastTokenizer.from_str(backend.to_str())
    # transformers sets both for each call, and asks for neither here.
    copy.no_truncation()
    copy.no_padding()
    return str(copy.to_str())
