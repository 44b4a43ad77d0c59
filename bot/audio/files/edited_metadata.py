"""Metadata to keep when a file is edited: fields, tags, sample format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import soundfile

from bot.audio.files.fields import SEVERAL, Cover, read_bit_depth, read_cover, read_fields
from bot.audio.files.formats import SampleFormat
from bot.audio.files.tags import CODES, MADE_BY, TAGS, find_tags, to_json
from bot.domain.clips import Tags
from bot.domain.generation import MAX_GENERATION_PROMPT_CHARACTERS

JOINED, MIXED = "join", "mix"
"""The kinds of clips that were joined from others, and mixed of them."""

_MEASURED = ("replaygain_", "r128_", "itun", "encoder", "length", "tlen", "tsse", "xmp")
"""Fields that tell of the sound as it was, or of the program that wrote it."""

_MOST_FIELD_CHARACTERS, _MOST_CHARACTERS = 2**16, 2**20
_TEXT_CONTROLS = f"\t\r\n{SEVERAL}"

_SAMPLE_FORMATS: Mapping[str, SampleFormat] = {
    "PCM_24": "PCM_24",
    "ALAC_20": "PCM_24",
    "ALAC_24": "PCM_24",
    "PCM_32": "PCM_32",
    "ALAC_32": "PCM_32",
    "FLOAT": "FLOAT",
    "DOUBLE": "FLOAT",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The metadata of a file."""

    fields: Mapping[str, str] = field(default_factory=dict)
    cover: Cover | None = None
    sample_format: SampleFormat = "PCM_16"


def read_source(path: Path) -> Source:
    """Return a file's metadata; empty if it can't be read."""
    try:
        # Opened first, since soundfile takes some file names for declarations of raw data.
        with path.open("rb") as file:
            return Source(
                fields=read_fields(file),
                cover=read_cover(file),
                sample_format=_sample_format(file),
            )
    except OSError:
        return Source()


def edited_fields(
    sources: Sequence[Mapping[str, str]], *, loops: bool, is_whole: bool, kind: str | None = None
) -> dict[str, str]:
    """Return the fields of a sound made from one file or two; of two, those of the first.

    `kind` says how two were combined; None is joined. Tags of our clips are kept from either; codes
    are not, since they describe the sound before. `is_whole` says that nothing was cut off.
    """
    tags = edited_tags([find_tags(source) for source in sources], loops=loops, is_whole=is_whole)
    if tags is not None and kind is not None:
        tags = replace(tags, kind=kind)
    kept: dict[str, str] = {}
    left = _MOST_CHARACTERS
    for name, value in sources[0].items():
        if _is_kept(name, value) and len(value) <= left:
            kept[name] = value
            left -= len(value)
    if tags is not None:
        kept.setdefault("comment", MADE_BY)
        kept[TAGS] = to_json(tags)
    return kept


def edited_tags(sources: Sequence[Tags | None], *, loops: bool, is_whole: bool) -> Tags | None:
    """Return how something was made that was edited; None where no clip of ours is in it."""
    ours = [tags for tags in sources if tags is not None]
    if not ours:
        return None
    first = ours[0]
    if len(sources) == 1:
        return replace(first, loops=loops or (first.loops and is_whole))
    prompts = list(dict.fromkeys(tags.prompt for tags in ours if tags.prompt))
    parents = [
        id_
        for tags in ours
        for id_ in (tags.parent_ids if tags.clip_id is None else (tags.clip_id,))
    ]
    return replace(
        first,
        prompt=" / ".join(prompts)[:MAX_GENERATION_PROMPT_CHARACTERS] or None,
        kind=JOINED,
        parent_ids=tuple(dict.fromkeys(parents)),
        clip_id=None,
        loops=loops,
    )


def _sample_format(file: BinaryIO) -> SampleFormat:
    """Return how fine a file's samples are; 16 bits where they are not kept as they are."""
    file.seek(0)
    try:
        return _SAMPLE_FORMATS.get(soundfile.info(file).subtype, "PCM_16")
    except soundfile.LibsndfileError:
        # Such as lossless sound in an MP4, which libsndfile doesn't know.
        return "PCM_24" if (read_bit_depth(file) or 0) > 16 else "PCM_16"


def _is_kept(name: str, value: str) -> bool:
    is_ours = name in (TAGS.lower(), CODES.lower())
    is_text = all(each >= " " or each in _TEXT_CONTROLS for each in value)
    return (
        not is_ours
        and name.isprintable()
        and is_text
        and not name.startswith(_MEASURED)
        and len(value) <= _MOST_FIELD_CHARACTERS
    )
