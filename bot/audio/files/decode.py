"""Sound in: a local file that its owner names, as samples that a model can go on from.

Headers are taken as hints: a length is counted, never believed, and no more is held in memory
than is wanted. Strangers' files need more distance than this; they don't come through here.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path

import numpy as np
import soundfile

from bot.domain.generation import Samples, Sound
from bot.errors import SoundError
from bot.i18n.sentence import Sentence

READS = "wav, flac, ogg or mp3"

_BLOCK_FRAMES = 65_536
_RATES_HZ = (8_000, 192_000)
_MIN_SECONDS = 0.1
_MAX_FILE_SECONDS = 3_600.0


class _Stream(soundfile.SoundFile):  # type: ignore[misc] # soundfile has no types
    """A file that is read front to back.

    soundfile seeks to where it is after each block of a file that lets it, and a decoder of MP3
    loses there what the next frames build on: a glitch a block.
    """

    def seekable(self) -> bool:
        """Say no, and nobody seeks."""
        return False


def read(path: Path, *, max_seconds: float) -> Sound:
    """Read the end of a sound file, at most `max_seconds` of it, at its own rate.

    Raises SoundError for everything that isn't one or two channels of sound, at least a tenth of
    a second and at most an hour long.
    """
    name = path.name
    if path.exists() and not path.is_file():
        raise SoundError(Sentence("{path} is not a file.", path=path))
    try:
        size_bytes = path.stat().st_size
        # Opened by number, since soundfile takes some file names for declarations of raw data.
        with path.open("rb") as file, _Stream(file.fileno(), closefd=False) as source:
            _check_header(source, name)
            samples = _tail(source, name, max_seconds)
            rate_hz = int(source.samplerate)
    except FileNotFoundError:
        raise SoundError(Sentence("There is no sound file {path}.", path=path)) from None
    except OSError as error:
        raise SoundError(
            Sentence("{path} can't be read: {strerror}.", path=path, strerror=error.strerror)
        ) from error
    except soundfile.LibsndfileError as error:
        if size_bytes == 0:
            raise SoundError(Sentence("{name} is empty.", name=name)) from None
        raise SoundError(
            Sentence(
                "{name} can't be read as sound: it is damaged, or none of {reads}.",
                name=name,
                reads=READS,
            )
        ) from error
    return Sound(samples=samples, sample_rate_hz=rate_hz)


def _check_header(source: _Stream, name: str) -> None:
    if source.channels > 2:
        raise SoundError(
            Sentence(
                "{name} has {channels} channels; use a mono or stereo file.",
                name=name,
                channels=source.channels,
            )
        )
    low, high = _RATES_HZ
    if not low <= source.samplerate <= high:
        raise SoundError(
            Sentence(
                "{name} claims {samplerate} samples a second; {low} to {high} can be read.",
                name=name,
                samplerate=source.samplerate,
                low=low,
                high=high,
            )
        )


def _tail(source: _Stream, name: str, max_seconds: float) -> Samples:
    """Decode block by block and return what the last `max_seconds` hold, [channels, samples]."""
    rate_hz = source.samplerate
    wanted = max(1, round(max_seconds * rate_hz))
    blocks: deque[Samples] = deque()
    held = total = 0
    while len(block := source.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
        if not np.isfinite(block).all():
            raise SoundError(
                Sentence("{name} is damaged: it has samples that are not numbers.", name=name)
            )
        blocks.append(block)
        held += len(block)
        total += len(block)
        while held - len(blocks[0]) >= wanted:
            held -= len(blocks.popleft())
        if total > _MAX_FILE_SECONDS * rate_hz:
            raise SoundError(
                Sentence("{name} is longer than an hour; cut out the part to continue.", name=name)
            )
    if total == 0:
        raise SoundError(Sentence("{name} has no sound in it.", name=name))
    if total < _MIN_SECONDS * rate_hz:
        raise SoundError(Sentence("{name} is shorter than a tenth of a second.", name=name))
    return np.concatenate(blocks)[-wanted:].T
