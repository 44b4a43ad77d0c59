"""Read the codes stored in a clip's file."""

from __future__ import annotations

from pathlib import Path

import soundfile

from bot.audio.files.tags import read_codes
from bot.domain.generation import Codes
from bot.errors import SoundError
from bot.i18n.sentence import Sentence


def read_clip_codes(path: Path) -> Codes | None:
    """Return the codes in a clip's file; None if it has none.

    Raises SoundError for an unreadable file.
    """
    try:
        with path.open("rb") as file:
            return read_codes(file)
    except FileNotFoundError:
        raise SoundError(Sentence("There is no sound file {path}.", path=path)) from None
    except OSError as error:
        raise SoundError(
            Sentence("{path} can't be read: {strerror}.", path=path, strerror=error.strerror)
        ) from None


def is_uncut(path: Path, seconds: float, *, within_seconds: float) -> bool:
    """Return whether a file is as long as its codes: tags survive a cut by other programs."""
    try:
        found = float(soundfile.info(path).duration)
    except (soundfile.LibsndfileError, OSError):
        return False
    return abs(found - seconds) < within_seconds
