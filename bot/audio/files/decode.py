"""Read local files with the same sandboxed decoder as uploads.

So the command line reads the same formats as the bot; downloaded files are untrusted, too. Only the
limits are wider.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path

from bot.audio.resample import fit
from bot.audio.untrusted import sniff
from bot.audio.untrusted.reading import FileEnd, FilePart, Reading, read_end, read_part
from bot.audio.untrusted.sandbox import Limits
from bot.errors import SoundError
from bot.i18n.sentence import Sentence

_LIMITS = Limits(cpu_seconds=300, memory_bytes=2**31, wall_seconds=600.0)


def load_end(path: Path, *, keep_seconds: float, sample_rate_hz: int, channels: int) -> FileEnd:
    """Return the end of what sounds in a file, at a model's rate and channels.

    Raises SoundError, whose sentence names the file.
    """
    with _name_file(path):
        reading = Reading(demuxer=_identify(path), channels=channels, limits=_LIMITS)
        end = asyncio.run(read_end(path, reading, keep_seconds=keep_seconds))
    fitted = fit(end.sound, sample_rate_hz=sample_rate_hz, channels=channels)
    return FileEnd(fitted, is_cut=end.is_cut)


def load_part(
    path: Path, *, start_seconds: float = 0.0, end_seconds: float | None = None
) -> FilePart:
    """Return a part of a file, or all of it, at its own rate, mono or stereo.

    Raises SoundError, whose sentence names the file.
    """
    with _name_file(path):
        reading = Reading(demuxer=_identify(path), channels=2, doubles_mono=False, limits=_LIMITS)
        return asyncio.run(
            read_part(path, reading, start_seconds=start_seconds, end_seconds=end_seconds)
        )


def _identify(path: Path) -> str | None:
    if path.exists() and not path.is_file():
        raise SoundError(Sentence("It is not a file."))
    with path.open("rb") as file:
        # Nothing can be mapped of an empty file.
        if path.stat().st_size == 0:
            return sniff.identify(b"").demuxer
        with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            return sniff.identify(data).demuxer


@contextmanager
def _name_file(path: Path) -> Iterator[None]:
    """Have each sentence say which file it is about."""
    try:
        yield
    except FileNotFoundError:
        raise SoundError(Sentence("There is no sound file {path}.", path=path)) from None
    except OSError as error:
        raise SoundError(
            Sentence("{path} can't be read: {strerror}.", path=path, strerror=error.strerror)
        ) from error
    except SoundError as error:
        raise SoundError(
            Sentence("{name}: {reason}", name=path.name, reason=error.sentence)
        ) from error
