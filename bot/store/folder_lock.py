"""A lock file, so that only one bot uses a folder, and the errors of such a folder."""

from __future__ import annotations

import errno
import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import ConfigError
from bot.i18n.sentence import Sentence
from bot.private_files import create_private_file, make_private_folder

_LOCK = "zhiyin.lock"
_WITHOUT_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
_NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
# SQLite's errors for a file system without locks or shared memory.
_SQLITE_WITHOUT_LOCKS = frozenset(
    {"SQLITE_PROTOCOL", "SQLITE_IOERR_LOCK", "SQLITE_IOERR_RDLOCK", "SQLITE_IOERR_SHMLOCK"}
    | {"SQLITE_IOERR_SHMMAP", "SQLITE_IOERR_SHMOPEN", "SQLITE_IOERR_CHECKRESERVEDLOCK"}
)


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder, created if missing; the lock ends with the process, even if killed.

    Raises ConfigError if another process holds it, and OSError.
    """
    make_private_folder(folder)
    create_private_file(folder / _LOCK, exclusive=False)
    with (folder / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                Sentence(
                    "Zhiyin is already running with the database in {folder}: stop that one first.",
                    folder=folder,
                )
            ) from None
        yield


def is_locked(folder: Path) -> bool:
    """Return whether a bot is using a folder."""
    try:
        with (folder / _LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def describe_failure(error: OSError | sqlite3.OperationalError, folder: Path) -> Sentence:
    """Return why a folder, or the database in it, can't be used."""
    if isinstance(error, sqlite3.OperationalError):
        is_without_locks = getattr(error, "sqlite_errorname", "") in _SQLITE_WITHOUT_LOCKS
        reason = str(error)
    else:
        is_without_locks = error.errno in _WITHOUT_LOCKS
        reason = error.strerror or str(error)
    if is_without_locks:
        return Sentence(
            "{folder} is on a file system without the locks that a database needs (a network "
            "share?): choose another folder as storage.folder.",
            folder=folder,
        )
    if isinstance(error, OSError) and error.errno in _NOT_ALLOWED:
        return Sentence("The bot can't write to {folder}: give it permission to.", folder=folder)
    return Sentence(
        "The database in {folder} can't be used: {reason}.", folder=folder, reason=reason
    )
