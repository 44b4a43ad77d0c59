"""Prompts that change during `zhiyin generate`: by `--then`, or typed while it plays."""

from __future__ import annotations

import os
import re
import select
from collections.abc import Iterable, Sequence

from bot.domain.generation import PromptChange
from bot.domain.request_checks import check_change
from bot.errors import RequestError
from bot.i18n.sentence import Sentence

FADE_SECONDS = 4.0

_READ_AHEAD_SECONDS = 5.0
_MOST_BYTES = 2**16
_THEN = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*:(.*)", re.DOTALL)
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*%\s*(.*)", re.DOTALL)


def read_words(text: str) -> tuple[tuple[str | None, float], ...]:
    """Parse prompts with weights: "jazz", "70% jazz | 30% techno"; an empty text is no prompt."""
    words: list[tuple[str | None, float]] = []
    for part in text.split("|"):
        share = _SHARE.fullmatch(part.strip())
        prompt, weight = (share[2], float(share[1])) if share else (part, 100.0)
        words.append((" ".join(prompt.split()) or None, weight))
    return tuple(words)


def read_changes(
    thens: Iterable[str], fade_seconds: float, music_seconds: float | None
) -> tuple[PromptChange, ...]:
    """Return the changes of `--then`, sorted by time. Raises RequestError."""
    changes = []
    for then in thens:
        parts = _THEN.fullmatch(then)
        if parts is None:
            raise RequestError(
                Sentence(
                    '--then takes the second and the words, such as --then "20:slow jazz", not '
                    "'{then}'.",
                    then=then,
                )
            )
        change = PromptChange(
            words=read_words(parts[2]), fade_seconds=fade_seconds, at_seconds=float(parts[1])
        )
        check_change(change, music_seconds)
        changes.append(change)
    return tuple(sorted(changes, key=lambda change: change.at_seconds or 0.0))


def most_words(changes: Sequence[PromptChange]) -> int:
    """Return the maximum number of prompts changing at once, including those encoded ahead."""
    most, together, end = 0, 0, 0.0
    for change in changes:
        begin = change.at_seconds or 0.0
        if begin - _READ_AHEAD_SECONDS >= end:
            together = 0
        together += len(change.words)
        end = max(end, begin + change.fade_seconds)
        most = max(most, together)
    return most


class TypedWords:
    """Lines typed during endless music: each is the prompt from then on."""

    def __init__(self, fd: int | None, fade_seconds: float) -> None:
        """Take the file descriptor to read from, or None."""
        self._fd, self._fade_seconds = fd, fade_seconds
        self._begun = b""

    def read(self) -> list[str]:
        """Return the lines typed since the last call, without blocking."""
        if self._fd is None or not select.select([self._fd], [], [], 0)[0]:
            return []
        try:
            data = os.read(self._fd, _MOST_BYTES)
        except OSError:  # the terminal is closed: the music continues
            data = b""
        lines = (self._begun + data).split(b"\n")
        # At the end of input the last line may lack its line break.
        self._begun = lines.pop()[:_MOST_BYTES] if data else b""
        if not data:
            self._fd = None
        texts = [line.decode(errors="replace").strip() for line in lines]
        return [text for text in texts if text]

    def change(self, line: str) -> PromptChange:
        """Return the change that a line asks for. Raises RequestError for an invalid prompt."""
        change = PromptChange(words=read_words(line), fade_seconds=self._fade_seconds)
        check_change(change, None)
        return change


def describe_change(change: PromptChange, at_seconds: float) -> Sentence:
    """Return the sentence about a change at a time in seconds."""
    words = " | ".join(text or "…" for text, _ in change.words)
    return Sentence("From {seconds:.1f} s on: {words}", seconds=at_seconds, words=words)
