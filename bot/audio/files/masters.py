"""Masters: the lossless file that is kept of every clip, written atomically."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from bot import failpoints
from bot.atomic_file import replace_atomically
from bot.audio.files import formats
from bot.audio.files.formats import FORMATS
from bot.audio.files.post import INVALID
from bot.audio.files.tags import add_codes
from bot.domain.generation import Sound
from bot.errors import OutputError, SoundError
from bot.i18n.sentence import Sentence

SOUND_GONE = Sentence("The sound of this clip is not kept any more.")


def write_master(path: Path, sound: Sound, codes: bytes | None = None) -> None:
    """Keep a sound without loss: on disk, whole and under its name when this returns.

    Its packed codes are kept in the same file: they are as much its person's as the sound is.
    Raises OutputError where it can't be written.
    """
    if not np.isfinite(sound.samples).all():
        raise OutputError(INVALID)
    loudest = max(1.0, float(np.abs(sound.samples).max(initial=0.0)))
    whole = replace(sound, samples=sound.samples / np.float32(loudest))
    try:
        with replace_atomically(path, durable=True, private=True) as scratch:
            data = formats.encode(whole, FORMATS["flac"])
            scratch.write_bytes(data if codes is None else add_codes(data, codes))
            failpoints.hit("clip.unnamed")
    except OSError as error:
        raise OutputError(
            Sentence(
                "The clip could not be saved: the disk is full or can't be written to. Nothing "
                "was charged."
            )
        ) from error


def read_master(path: Path) -> Sound:
    """Read a sound that was kept. Raises SoundError where it is gone."""
    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError):
        raise SoundError(SOUND_GONE) from None
    return Sound(samples=np.ascontiguousarray(samples.T), sample_rate_hz=int(rate_hz))
