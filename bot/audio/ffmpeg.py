"""Find an ffmpeg that is recent enough: the system's or the one installed with us."""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bot.errors import ResourceError
from bot.i18n.sentence import Sentence

log = logging.getLogger(__name__)

_OLDEST_FFMPEG = 5
_RUNS = 6


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


def run_ffmpeg(
    command: Sequence[str],
    data: bytes,
    timeout_seconds: float,
    *,
    pause_seconds: float = 0.1,
) -> subprocess.CompletedProcess[bytes]:
    """Run ffmpeg on bytes, again if it was killed: that says nothing of the bytes.

    The pause before that doubles each time, six runs in all. Raises subprocess.TimeoutExpired.
    """
    for run in range(1, _RUNS + 1):
        done = subprocess.run(  # noqa: S603 - our own arguments
            command, input=data, capture_output=True, check=False, timeout=timeout_seconds
        )
        if done.returncode >= 0 or run == _RUNS:
            break
        log.warning("ffmpeg.killed signal=%d run=%d", -done.returncode, run)
        time.sleep(pause_seconds * 2 ** (run - 1))
    return done


def _version(ffmpeg: str) -> int:
    done = subprocess.run([ffmpeg, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.match(r"ffmpeg version n?(\d+)", done.stdout)
    return int(found[1]) if found else 0
