"""Clips out: sound into a file whose suffix says the format.

A file appears under its name only when it is whole. Knows no model and no prompt.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from bot.atomic_file import replace_atomically
from bot.audio.files import formats
from bot.audio.files.fields import Cover, write_fields
from bot.audio.files.formats import BY_SUFFIX, Format, SampleFormat
from bot.audio.files.tags import write_tags
from bot.domain.clips import Tags
from bot.domain.generation import Sound
from bot.errors import OutputError
from bot.i18n.sentence import Sentence

_CANT_WRITE = Sentence("{path} could not be written; is the disk full?")


def check(path: Path, *, sources: Sequence[Path] = (), may_replace: bool = True) -> None:
    """Make sure that a file can be written, before any work is done for it.

    It may not be one of the `sources` that it is made from. Raises OutputError.
    """
    if path.suffix.lower() not in BY_SUFFIX:
        known = ", ".join(BY_SUFFIX)
        ending = (
            Sentence("ends in {suffix}", suffix=path.suffix)
            if path.suffix
            else Sentence("has no suffix")
        )
        raise OutputError(
            Sentence(
                "{name} {ending}; the formats written are {known}.",
                name=path.name,
                ending=ending,
                known=known,
            )
        )
    if path.is_dir():
        raise OutputError(Sentence("{path} is a folder; give the name of a file.", path=path))
    if any(path.exists() and each.exists() and path.samefile(each) for each in sources):
        raise OutputError(
            Sentence("{path} is the file this is made from; give another name.", path=path)
        )
    if not may_replace and os.path.lexists(path):
        raise OutputError(Sentence("{path} exists already; --force replaces it.", path=path))
    if path.exists() and not os.access(path, os.W_OK):
        raise OutputError(Sentence("{path} exists already and can't be replaced.", path=path))
    folder = path.resolve().parent
    if not folder.is_dir():
        raise OutputError(Sentence("The folder {parent} does not exist.", parent=path.parent))
    probe = _beside(path.resolve())
    try:
        probe.touch(exist_ok=False)
    except OSError as error:
        raise OutputError(
            Sentence(
                "Nothing can be written to {folder}: {strerror}.",
                folder=folder,
                strerror=error.strerror,
            )
        ) from error
    probe.unlink()


def write(path: Path, sound: Sound, tags: Tags | None = None, codes: bytes | None = None) -> None:
    """Write a sound in the format of the file's suffix, over a file of that name.

    With `tags` it tells how it was made, and with them its packed codes if they are given.

    A sound that goes beyond [-1, 1] is turned down as a whole. Raises OutputError, and then leaves
    no file behind and an older one as it was.
    """
    check(path)
    kind = BY_SUFFIX[path.suffix.lower()]
    data = _encode(path, kind, sound)
    _write(path, data if tags is None else write_tags(data, kind.suffix, tags, codes))


def write_edited(
    path: Path,
    sound: Sound,
    *,
    fields: Mapping[str, str],
    cover: Cover | None,
    sample_format: SampleFormat,
) -> None:
    """Write a sound that was made from others with these fields, and its samples as fine as theirs.

    Otherwise as `write` does. Raises OutputError.
    """
    check(path)
    kind = BY_SUFFIX[path.suffix.lower()].with_sample_format(sample_format)
    _write(path, write_fields(_encode(path, kind, sound), kind.suffix, fields, cover))


def _encode(path: Path, kind: Format, sound: Sound) -> bytes:
    if not np.isfinite(sound.samples).all():
        raise OutputError(
            Sentence("The model made sound with invalid numbers in it; nothing was saved.")
        )
    if kind.subtype != "FLOAT":
        # A codec knows no bounds; cutting its peaks off would be heard.
        loudest = max(1.0, float(np.abs(sound.samples).max(initial=0.0)))
        sound = replace(sound, samples=(sound.samples / np.float32(loudest)).clip(-1.0, 1.0))
    try:
        return formats.encode(sound, kind)
    except (soundfile.LibsndfileError, AssertionError) as error:
        # soundfile asserts that as many frames were written as it was given.
        raise OutputError(_CANT_WRITE.fill(path=path)) from error


def _write(path: Path, data: bytes) -> None:
    try:
        with replace_atomically(path) as unfinished:
            unfinished.write_bytes(data)
    except OSError as error:
        raise OutputError(_CANT_WRITE.fill(path=path)) from error


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.stem[:100]}.{secrets.token_hex(4)}.part{path.suffix}")
