"""Write a file whole or not at all: beside its place first, then renamed into it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.private_files import create_private_file

SCRATCH = ".*.part"
"""Matches the names of unfinished files, which a killed process leaves behind."""


@contextmanager
def replace_atomically(
    target: Path, *, durable: bool = False, private: bool = False
) -> Iterator[Path]:
    """Lend a path beside the target, which becomes the target if the block ends without an error.

    A link stays a link; what it points to is replaced. With `durable` the file and its name are on
    disk when this returns, also after a power failure. With `private` an empty file, which only
    this user may read, is there already when the path is lent. Raises OSError.
    """
    target = target.resolve()
    scratch = target.with_name(f".{target.stem[:100]}.{secrets.token_hex(4)}.part")
    try:
        if private:
            create_private_file(scratch)
        yield scratch
        if durable:
            _sync(scratch)
        os.replace(scratch, target)
        if durable:
            _sync(target.parent)
    finally:
        scratch.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
