"""The files of a store, and their permissions: for the bot's own user alone."""

from __future__ import annotations

import logging
from pathlib import Path

from bot.private_files import close_to_others, exposed

log = logging.getLogger(__name__)

BACKUPS, CLIPS, UPLOADS = "backups", "clips", "uploads"

_FOLDERS = (BACKUPS, CLIPS, UPLOADS)
_FILES = "zhiyin.*"


def exposed_files(folder: Path) -> list[Path]:
    """Return the store's files that other users may read, or the folder itself.

    Raises OSError.
    """
    return exposed(_store_paths(folder))


def close_files(folder: Path) -> None:
    """Remove other users' permissions, left by an earlier version or another program.

    Raises OSError.
    """
    if left := close_to_others(_store_paths(folder)):
        log.warning("store.exposed files=%d such as %s: whose are they?", len(left), left[0])


def _store_paths(folder: Path) -> list[Path]:
    """Return the files and folders of a store, and its parent folder unless it has other content.

    The permissions of a shared folder, such as a home, are not the bot's to change.
    """
    files = set(folder.glob(_FILES))
    folders = [folder / name for name in _FOLDERS]
    theirs = set(folder.iterdir()) - files - set(folders) if folder.exists() else {folder}
    return [*sorted(files), *folders, *([] if theirs else [folder])]
