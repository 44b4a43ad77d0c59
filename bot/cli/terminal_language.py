"""Output of commands in the language of the terminal."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from bot.i18n.environment import translations_of
from bot.i18n.sentence import Sentence, Translations


def terminal_language() -> Translations:
    """Return the translations for the language of the environment."""
    return translations_of(os.environ)


def render(sentence: Sentence, stream: TextIO | None = None) -> str:
    """Return a sentence as text; in English if the stream can't encode the language."""
    text = sentence.render(terminal_language())
    try:
        text.encode((stream or sys.stdout).encoding or "utf-8")
    except (UnicodeError, LookupError):
        return str(sentence)
    return text


def print_sentence(sentence: Sentence, file: TextIO | None = None, *, flush: bool = False) -> None:
    """Print a sentence, by default on standard output."""
    print(render(sentence, file), file=file, flush=flush)
