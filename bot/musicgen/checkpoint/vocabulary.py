"""The vocabulary of a model with a whole-word tokenizer; read without a model library."""

from __future__ import annotations

import json
from pathlib import Path

_WORD_BEGINS = "▁"


def read_vocabulary(folder: Path) -> frozenset[str] | None:
    """Return the words of a checkpoint's tokenizer, in lower case.

    None for a subword tokenizer, which ignores no words.
    """
    try:
        model = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
        pieces = [piece if isinstance(piece, str) else piece[0] for piece in model["vocab"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    pieces = [piece for piece in pieces if not (piece.startswith("<") and piece.endswith(">"))]
    if not pieces or not all(piece.startswith(_WORD_BEGINS) for piece in pieces):
        return None
    return frozenset(piece.removeprefix(_WORD_BEGINS) for piece in pieces)
