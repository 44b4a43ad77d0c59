"""Notices of `zhiyin generate` about words that the model does not know."""

from __future__ import annotations

import sys
from pathlib import Path

from bot.cli.terminal_language import print_sentence
from bot.i18n.sentence import Sentence, listing
from bot.musicgen.checkpoint.vocabulary import read_vocabulary
from bot.words.vocabulary import known_phrases, unknown_words


def print_unknown_words(model: str, folder: Path, prompt: str | None) -> None:
    """Print the words of a prompt that a model ignores, if any, and the remaining prompt."""
    if (sentence := describe_unknown(model, folder, prompt)) is not None:
        print_sentence(sentence, sys.stderr)


def describe_unknown(model: str, folder: Path, prompt: str | None) -> Sentence | None:
    """Return a sentence on the ignored words of a prompt and the rest; None if none are ignored."""
    vocabulary = read_vocabulary(folder)
    words = unknown_words(prompt or "", vocabulary)
    if not words:
        return None
    named = listing([Sentence('"{word}"', word=word) for word in words])
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
        heard=listing(heard),
    )
