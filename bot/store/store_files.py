"""The files that a store consists of, which only the bot's own user may read."""

from __future__ import annotations

import logging
from pathlib import Path

from bot.private_files import close_to_others, exposed

log = logging.getLogger(__name__)

BACKUPS, CLIPS, UPLOADS = "backups", "clips", "uploads"

_FOLDERS = (BACKUPS, CLIPS, UPLOADS)
_FILES = "zhiyin.*"


def exposed_files(folder: Path) -> list[Path]:
    """Return what is kept in a folder, or the folder, that others on the machine may read.

    Raises OSError where it can't be told.
    """
    return exposed(_kept(folder))


def close_files(folder: Path) -> None:
    """Close what an earlier version or another program left open to others. Raises OSError."""
    if left := close_to_others(_kept(folder)):
        log.warning("store.exposed files=%d such as %s: whose are they?", len(left), left[0])


def _kept(folder: Path) -> list[Path]:
    """Return the files and folders of a store, and its folder unless that holds more than it.

    A folder that others' files lie in, such as a home, is not the bot's to close.
    """
    files = set(folder.glob(_FILES))
    folders = [folder / name for name in _FOLDERS]
    theirs = set(folder.iterdir()) - files - set(folders) if folder.exists() else {folder}
    return [*sorted(files), *folders, *([] if theirs else [folder])]
