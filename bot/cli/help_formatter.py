"""The help of a command, in the language of the terminal."""

from __future__ import annotations

import argparse
import sys
import unicodedata
from collections.abc import Iterable

from bot.cli.terminal_language import terminal_language
from bot.i18n.contexts import HELP

USAGE = "usage: "


class HelpFormatter(argparse.HelpFormatter):
    """Translates argparse's help, and wraps Chinese, which has no spaces to break lines at."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Add the usage line."""
        super().add_usage(usage, actions, groups, _translated(USAGE) if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        """Add a heading of a group of options."""
        super().start_section(_translated(heading))

    def add_text(self, text: str | None) -> None:
        """Add a paragraph."""
        super().add_text(_translated(text))

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return _translated(action.help)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return _wrapped(text, width) if _has_wide(text) else super()._split_lines(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if not _has_wide(text):
            return super()._fill_text(text, width, indent)
        lines = _wrapped(text, width - len(indent))
        return "\n".join(indent + line for line in lines)


def _translated(text: str | None) -> str | None:
    if not text or text == argparse.SUPPRESS:
        return text
    found = terminal_language().pgettext(HELP, text)
    try:
        found.encode(sys.stdout.encoding or "utf-8")
    except (UnicodeError, LookupError):
        return text
    return found


def _has_wide(text: str) -> bool:
    return any(_columns(character) == 2 for character in text)


def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _wrapped(text: str, width: int) -> list[str]:
    """Wrap a text: at spaces, or beside characters that are two columns wide.

    No line begins with closing punctuation.
    """
    lines, line, word = [], "", ""
    for character in " ".join(text.split()) + " ":
        is_wide = _columns(character) == 2
        if not is_wide and character != " ":
            word += character
            continue
        for piece in (word, character):
            if _width(line + piece) > width and piece not in _CLOSING:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        word = ""
    return [*lines, line.rstrip()] if line.strip() else lines


def _width(text: str) -> int:
    return sum(map(_columns, text.rstrip()))


_CLOSING = frozenset("，。、；：？！）》」』” ") | {""}
