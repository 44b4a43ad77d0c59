"""Find an ffmpeg that is recent enough: the system's or the one installed with us."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from bot.errors import ResourceError
from bot.i18n.sentence import Sentence

_OLDEST_FFMPEG = 5


@cache
def find_ffmpeg() -> Path:
    """Return the system's ffmpeg if it is recent enough, or else the one installed with us.

    Raises ResourceError where there is neither.
    """
    system = shutil.which("ffmpeg")
    if system is not None and _version(system) >= _OLDEST_FFMPEG:
        return Path(system)
    import imageio_ffmpeg

    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise ResourceError(
            Sentence(
                "ffmpeg, which reads the sound files that people send, is not installed: install "
                "it with your system's package manager (`apt install ffmpeg`)."
            )
        ) from None


def _version(ffmpeg: str) -> int:
    done = subprocess.run([ffmpeg, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.match(r"ffmpeg version n?(\d+)", done.stdout)
    return int(found[1]) if found else 0
