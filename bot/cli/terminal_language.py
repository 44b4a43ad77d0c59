"""What a command prints, in the language of the terminal."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from bot.i18n.environment import translations_of
from bot.i18n.sentence import Sentence, Translations


def terminal_language() -> Translations:
    """Return the catalog of the language that the environment asks for."""
    return translations_of(os.environ)


def render(sentence: Sentence, stream: TextIO | None = None) -> str:
    """Return a sentence as it is printed; in English where a terminal can't show the language."""
    text = sentence.render(terminal_language())
    try:
        text.encode((stream or sys.stdout).encoding or "utf-8")
    except (UnicodeError, LookupError):
        return str(sentence)
    return text


def print_sentence(sentence: Sentence, file: TextIO | None = None, *, flush: bool = False) -> None:
    """Print a sentence, on standard output if nothing else is said."""
    print(render(sentence, file), file=file, flush=flush)
