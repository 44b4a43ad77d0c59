"""Files and folders for the bot's own user alone, from the moment they are made.

Modes are given to the call that makes them: to take rights away afterwards leaves a moment in
which others can open a file, and who has it open keeps it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_OTHERS = 0o077


def make_private_folder(folder: Path) -> None:
    """Make a folder, and the ones above it where they are missing. Raises OSError."""
    # Those above get the usual mode: only the last one is ours.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def create_private_file(path: Path, *, exclusive: bool = True) -> None:
    """Make an empty file; with `exclusive` none may be there. Raises OSError."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if exclusive:
            raise


@contextmanager
def private_umask() -> Iterator[None]:
    """Have this process and its children make nothing that others may use.

    For a process that makes nothing for anyone else: it covers what libraries make, too.
    """
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def exposed(paths: Iterable[Path]) -> list[Path]:
    """Return those of the files, and of the folders with what lies in them, that others may use.

    What lies in a closed folder is out of their reach: years of clips aren't looked at one by one.
    Raises OSError where a folder can't be read.
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
    """Take others' rights to what is `exposed`; return what is another user's and stays so.

    Raises OSError where a folder can't be read.
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
    # A link has no rights of its own, and what it points to may be anyone's.
    return not entry.is_symlink() and bool(entry.stat(follow_symlinks=False).st_mode & _OTHERS)
