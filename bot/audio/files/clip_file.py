"""A clip of ours as a file on this machine: what it tells of its codes."""

from __future__ import annotations

from pathlib import Path

import soundfile

from bot.audio.files.tags import read_codes
from bot.domain.generation import Codes
from bot.errors import SoundError
from bot.i18n.sentence import Sentence


def read_clip_codes(path: Path) -> Codes | None:
    """Return the codes that a clip's file tells; None where it tells none.

    Raises SoundError for a file that can't be read.
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
    """Return whether a file is still as long as its codes say: tags outlive a cut."""
    try:
        found = float(soundfile.info(path).duration)
    except (soundfile.LibsndfileError, OSError):
        return False
    return abs(found - seconds) < within_seconds
