"""Read the melody of `zhiyin generate --melody FILE`."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.audio.analysis.tune import MOST_SECONDS, isolate_tune
from bot.audio.files import decode
from bot.audio.resample import fit
from bot.domain.generation import Sound
from bot.errors import RequestError, SoundError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.inspection import Contents
from bot.musicgen.engine.validation import MELODY_OR_AUDIO, NO_MELODY


def load_melody(args: argparse.Namespace, contents: Contents) -> Sound | None:
    """Return the melody of the file at the model's rate; None if no file is given.

    Raises RequestError if the model follows no melodies, SoundError if the file has no sound.
    """
    path: Path | None = args.melody
    if path is None:
        return None
    if contents.config.melody is None:
        raise RequestError(NO_MELODY)
    if args.audio is not None:
        raise RequestError(MELODY_OR_AUDIO)
    part = decode.load_part(path, end_seconds=MOST_SECONDS)
    rate_hz = contents.config.codec.sample_rate_hz
    try:
        return isolate_tune(fit(part.sound, sample_rate_hz=rate_hz, channels=1))
    except SoundError as error:
        raise SoundError(
            Sentence("{name}: {reason}", name=path.name, reason=error.sentence)
        ) from error
