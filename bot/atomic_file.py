"""Write a file atomically: to a temporary name beside it, then renamed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.private_files import create_private_file

SCRATCH = ".*.part"
"""Glob of temporary files, which a killed process leaves behind."""


@contextmanager
def replace_atomically(
    target: Path, *, durable: bool = False, private: bool = False
) -> Iterator[Path]:
    """Lend a temporary path that replaces the target if the block ends without an error.

    A symbolic link stays one; its target is replaced. With `durable` file and name are fsynced, and
    survive a power failure. With `private` the temporary file exists already, readable by this user
    only. Raises OSError.
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
