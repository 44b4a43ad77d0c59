"""Standard output and error: there in every case, able to write any text, and flushed with care."""

from __future__ import annotations

import io
import os
import sys

from bot.cli.terminal_language import print_sentence
from bot.i18n.sentence import Sentence

FAILED = 1


def prepare() -> None:
    """Open what the caller has closed, and have what a terminal can't show written as `?`.

    A closed standard output would have its number taken by the first file that is opened.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115 - for good
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def flush(code: int) -> int:
    """Write what is left of standard output and return the exit code, which a failure changes."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads our output has seen enough.
        _let_go()
        return FAILED
    except OSError as error:
        _let_go()
        print_sentence(
            Sentence(
                "zhiyin: standard output can't be written: {strerror}.", strerror=error.strerror
            ),
            file=sys.stderr,
        )
        return FAILED
    return code


def _let_go() -> None:
    """Lead standard output nowhere, or Python would try to flush it once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
