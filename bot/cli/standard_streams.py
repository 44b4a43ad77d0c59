"""Standard streams: always open, able to write any text, and flushed safely."""

from __future__ import annotations

import io
import os
import sys

from bot.cli.terminal_language import print_sentence
from bot.i18n.sentence import Sentence

FAILED = 1


def prepare() -> None:
    """Open closed standard streams, and replace what a terminal can't show by `?`.

    If standard output were closed, the first file opened would get its file descriptor.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free descriptor, which is this one
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115 - for good
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def flush(code: int) -> int:
    """Flush standard output and return the exit code, changed if that fails."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output has closed the pipe.
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
    """Redirect standard output to the null device, since Python flushes it again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
