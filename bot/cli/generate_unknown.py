"""Notices of `zhiyin generate` about words that the model does not know."""

from __future__ import annotations

import sys
from pathlib import Path

from bot.i18n.sentence import Sentence, verbatim
from bot.musicgen.checkpoint.vocabulary import read_vocabulary
from bot.printable import escape_controls
from bot.words.vocabulary import known_phrases, unknown_words


def print_unknown_words(model: str, folder: Path, prompt: str | None) -> None:
    """Print the words of a prompt that a model ignores, if any, and the remaining prompt."""
    if (sentence := describe_unknown(model, folder, prompt)) is not None:
        print(sentence, file=sys.stderr)


def describe_unknown(model: str, folder: Path, prompt: str | None) -> Sentence | None:
    """Return a sentence on the ignored words of a prompt and the rest; None if none are ignored."""
    vocabulary = read_vocabulary(folder)
    words = unknown_words(prompt or "", vocabulary)
    if not words:
        return None
    named = verbatim(", ".join(f'"{escape_controls(word)}"' for word in words))
    heard = known_phrases(prompt or "", vocabulary)
    if not heard:
        return Sentence(
            "{model} doesn't know {words}, so it passes over that and plays what it likes.",
            model=model,
            words=named,
        )
    return Sentence(
        "{model} doesn't know {words}, so it passes over that. It heard: {heard}.",
        model=model,
        words=named,
        heard=verbatim(escape_controls(", ".join(heard))),
    )
