"""Notices of a worker for the owner of its machine, passed through a file.

`zhiyin worker` names the file in the worker's environment and prints what is appended there.
Workers of the bot's own machine have no such file.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

NOTICES_VARIABLE = "ZHIYIN_NOTICES"
"""The environment variable with the path of the file."""


class Notice(msgspec.Struct, frozen=True):
    """One notice to the owner of a worker's machine."""

    sentence: str
    """A `Sentence` as JSON."""
    is_refusal: bool = False
    """Whether the bot refuses this worker for good."""


def write_notice(sentence: str, *, is_refusal: bool = False) -> None:
    """Append a notice to the file, if the environment names one."""
    if name := os.environ.get(NOTICES_VARIABLE):
        line = msgspec.json.encode(Notice(sentence, is_refusal)) + b"\n"
        with Path(name).open("ab") as file:
            file.write(line)


def read_notices(file: Path, already: int) -> list[Notice]:
    """Return the notices after the first `already`; empty if the file can't be read."""
    try:
        *lines, _ = file.read_bytes().split(b"\n")
        return [msgspec.json.decode(line, type=Notice) for line in lines[already:]]
    except (OSError, msgspec.DecodeError):
        return []
