"""Create files and folders with permissions for the bot's user only, from the start.

The mode is passed to the creating call: a later chmod leaves a moment in which others can open the
file, and keep it open.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_OTHERS = 0o077


def make_private_folder(folder: Path) -> None:
    """Create a folder and missing parents. Raises OSError."""
    # Parents get the default mode: only the last folder is private.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def create_private_file(path: Path, *, exclusive: bool = True) -> None:
    """Create an empty file; with `exclusive` it must not exist. Raises OSError."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if exclusive:
            raise


@contextmanager
def private_umask() -> Iterator[None]:
    """Set the umask so that everything this process creates is private.

    It covers files that libraries create, too.
    """
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def exposed(paths: Iterable[Path]) -> list[Path]:
    """Return those of the paths, and of the contents of folders, that other users can access.

    The contents of a private folder are not checked: they are out of reach. Raises OSError for a
    folder that can't be read.
    """
    found: dict[Path, None] = {}
    for path in paths:
        with suppress(FileNotFoundError):  # a clip can expire meanwhile
            if not path.stat().st_mode & _OTHERS:
                continue
            found[path] = None
            if path.is_dir():
                with os.scandir(path) as entries:
                    found |= dict.fromkeys(Path(each.path) for each in entries if _is_exposed(each))
    return list(found)


def close_to_others(paths: Iterable[Path]) -> list[Path]:
    """Remove others' permissions from what is `exposed`; return other users' files, left as is.

    Raises OSError for a folder that can't be read.
    """
    left = []
    for path in exposed(paths):
        try:
            path.chmod(path.stat().st_mode & 0o700)
        except FileNotFoundError:
            continue
        except OSError:
            left.append(path)
    return left


def _is_exposed(entry: os.DirEntry[str]) -> bool:
    # A link has no permissions of its own, and its target may be another user's.
    return not entry.is_symlink() and bool(entry.stat(follow_symlinks=False).st_mode & _OTHERS)
