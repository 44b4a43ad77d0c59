"""What befalls a worker, for the owner of the machine that it is on.

Who lends a machine with `zhiyin worker` names a file in the environment, and shows what the worker
writes there; for a worker of the bot's own machine there is none.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

TOLD_VARIABLE = "ZHIYIN_TOLD"
"""The name of the file in the environment of a worker."""


class Told(msgspec.Struct, frozen=True):
    """Something that befell a worker."""

    sentence: str
    """As JSON."""
    is_refusal: bool = False
    """Whether the bot has no use for it, now or later."""


def tell_lender(sentence: str, *, is_refusal: bool = False) -> None:
    """Write down what befell the worker, if somebody wants to know."""
    if name := os.environ.get(TOLD_VARIABLE):
        line = msgspec.json.encode(Told(sentence, is_refusal)) + b"\n"
        with Path(name).open("ab") as file:
            file.write(line)


def read_told(file: Path, already: int) -> list[Told]:
    """Return what was written down after the first so many lines; nothing of what can't be read."""
    try:
        *lines, _ = file.read_bytes().split(b"\n")
        return [msgspec.json.decode(line, type=Told) for line in lines[already:]]
    except (OSError, msgspec.DecodeError):
        return []
