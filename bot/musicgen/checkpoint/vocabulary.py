"""The words that a model knows, where it knows whole words only; read without a model library."""

from __future__ import annotations

import json
from pathlib import Path

_WORD_BEGINS = "▁"


def read_vocabulary(folder: Path) -> frozenset[str] | None:
    """Return the words of a checkpoint's tokenizer, in lower case.

    None where it puts words together from pieces, and so passes over none.
    """
    try:
        model = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
        pieces = [str(piece) for piece, _ in model["vocab"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    pieces = [piece for piece in pieces if not (piece.startswith("<") and piece.endswith(">"))]
    if not pieces or not all(piece.startswith(_WORD_BEGINS) for piece in pieces):
        return None
    return frozenset(piece.removeprefix(_WORD_BEGINS) for piece in pieces)
