"""What a clip's file tells of itself: how it was made, and that a machine made it."""

from __future__ import annotations

import dataclasses
import io
import json
import unicodedata
from typing import Any, BinaryIO, TypeVar

import mutagen
from mutagen.flac import FLAC
from mutagen.id3 import COMM, ID3, TBPM, TIT2, TKEY, TXXX
from mutagen.mp3 import MP3
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from bot.audio.files.codes import as_text, from_text
from bot.domain.clips import Tags
from bot.domain.generation import Codes

MADE_BY = "AI-generated with Zhiyin"

_KEY, _CODES_KEY = "ZHIYIN", "ZHIYIN_CODES"
_COMMENTS = {".flac": FLAC, ".ogg": OggVorbis, ".opus": OggOpus}
_MOST_CHARACTERS = 500
_MOST_PARENTS = 100

_Number = TypeVar("_Number", int, float)


def written(tags: Tags) -> str:
    """Return tags as one line of JSON."""
    facts = dataclasses.asdict(tags)
    facts["prompt"] = _plain(tags.prompt) if tags.prompt is not None else None
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)


def write_tags(data: bytes, suffix: str, tags: Tags, codes: bytes | None = None) -> bytes:
    """Return an encoded clip with its tags in it, and with its packed codes where they are told."""
    file = io.BytesIO(data)
    title = _plain(tags.prompt) if tags.prompt is not None else "a random clip"
    if suffix in (".mp3", ".wav"):
        found = ID3() if suffix == ".mp3" else WAVE(file)
        if isinstance(found, WAVE):
            found.add_tags()
        frames = found if isinstance(found, ID3) else found.tags
        frames.add(TIT2(encoding=3, text=title))
        frames.add(COMM(encoding=3, lang="eng", desc="", text=MADE_BY))
        frames.add(TXXX(encoding=3, desc=_KEY, text=written(tags)))
        if codes is not None:
            frames.add(TXXX(encoding=0, desc=_CODES_KEY, text=as_text(codes)))
        if tags.bpm is not None:
            frames.add(TBPM(encoding=3, text=f"{tags.bpm:.0f}"))
        if tags.key is not None:
            frames.add(TKEY(encoding=3, text=_short_key(tags.key)))
        file.seek(0)
        found.save(file)
        return file.getvalue()
    comments = _COMMENTS[suffix](file)
    comments["title"], comments["comment"], comments[_KEY] = title, MADE_BY, written(tags)
    if codes is not None:
        comments[_CODES_KEY] = as_text(codes)
    if tags.bpm is not None:
        comments["bpm"] = f"{tags.bpm:.0f}"
    if tags.key is not None:
        comments["key"] = tags.key
    file.seek(0)
    comments.save(file)
    return file.getvalue()


def read_tags(data: bytes) -> Tags | None:
    """Return how a clip of ours was made; None for any other file."""
    try:
        text = _text_in(mutagen.File(io.BytesIO(data)), _KEY)
        return None if text is None else parsed(json.loads(text))
    except (mutagen.MutagenError, ValueError, KeyError, TypeError, AttributeError):
        return None


def add_codes(flac: bytes, codes: bytes) -> bytes:
    """Return a FLAC file without other tags with a clip's packed codes in it."""
    file = io.BytesIO(flac)
    comments = FLAC(file)
    comments[_CODES_KEY] = as_text(codes)
    file.seek(0)
    comments.save(file)
    return file.getvalue()


def read_codes(file: BinaryIO) -> Codes | None:
    """Return the codes that a clip's file tells; None where it tells none that can be read."""
    try:
        text = _text_in(mutagen.File(file), _CODES_KEY)
    except (mutagen.MutagenError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return None if text is None else from_text(text)


def parsed(facts: dict[str, Any]) -> Tags:
    """Return tags from what was read, which anyone may have written.

    Raises ValueError, KeyError and TypeError for what are none.
    """

    def number(name: str, kind: type[_Number]) -> _Number | None:
        value = facts.get(name)
        return None if value is None else kind(value)

    def text(name: str) -> str | None:
        value = facts.get(name)
        return None if value is None else str(value)[:_MOST_CHARACTERS]

    return Tags(
        prompt=text("prompt"),
        seed=int(facts["seed"]),
        model=str(facts["model"])[:_MOST_CHARACTERS],
        kind=str(facts["kind"])[:_MOST_CHARACTERS],
        parent_ids=tuple(int(parent) for parent in facts.get("parent_ids", ())[:_MOST_PARENTS]),
        clip_id=number("clip_id", int),
        guidance=number("guidance", float),
        temperature=number("temperature", float),
        top_k=number("top_k", int),
        bpm=number("bpm", float),
        key=text("key"),
        loops=bool(facts.get("loops", False)),
        stem=text("stem"),
    )


def _text_in(found: object, key: str) -> str | None:
    if isinstance(found, (MP3, WAVE)) and found.tags is not None:
        frames = found.tags.getall(f"TXXX:{key}")
        return str(frames[0]) if frames else None
    if isinstance(found, (FLAC, OggVorbis, OggOpus)) and found.tags is not None:
        return next(iter(found.tags.get(key, [])), None)
    return None


def _short_key(name: str) -> str:
    """Return a key as ID3 writes it: "Am", "F#"."""
    tonic, mode = name.split()
    return tonic + ("m" if mode == "minor" else "")


def _plain(text: str) -> str:
    return "".join(each for each in text if unicodedata.category(each)[0] != "C")
