"""System errors that any command can meet: full disk, missing permission, no memory."""

from __future__ import annotations

import errno

from bot.i18n.sentence import Sentence, verbatim
from bot.printable import escape_controls

_OF_THE_MACHINE = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
    }
)


def system_failure(error: Exception) -> Sentence | None:
    """Return a sentence for an error caused by the system; None for others."""
    if isinstance(error, MemoryError):
        return Sentence("There is not enough memory for this: choose a smaller model, or less.")
    if not isinstance(error, OSError) or error.errno not in _OF_THE_MACHINE:
        return None
    if error.filename is None:
        return verbatim(f"{error.strerror}.")
    file = escape_controls(str(error.filename))
    return Sentence("{file}: {strerror}.", file=file, strerror=error.strerror)
