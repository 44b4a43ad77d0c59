"""The temporary folder of an untrusted file, removed after reading."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

FOLDER_PREFIX = "zhiyin-upload-"
"""What the name of every folder of a file that is being read begins with."""


@contextmanager
def lend_folder() -> Iterator[Path]:
    """Lend a new folder, private to this user. Raises OSError."""
    with ExitStack() as stack:
        while (folder := _make_folder(stack)) is None:
            pass
        yield folder


def _make_folder(stack: ExitStack) -> Path | None:
    """Make a folder and mark it as in use, unless a sweep found it before it was marked."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX)))
    with suppress(FileNotFoundError, BlockingIOError):
        stack.enter_context(_hold(folder))
        # Marked too late, it is one that is gone.
        return folder if folder.exists() else None
    return None


def sweep() -> int:
    """Delete folders left by killed bots; return how many there were."""
    swept = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        # Another user's is not ours to touch, and a link in its place is a trick.
        with suppress(OSError):
            if folder.lstat().st_uid != os.geteuid():
                continue
            with _hold(folder):
                shutil.rmtree(folder)
            swept += 1
    return swept


@contextmanager
def _hold(folder: Path) -> Iterator[None]:
    """Mark a folder as in use for as long as this process lives; raises OSError if it is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
