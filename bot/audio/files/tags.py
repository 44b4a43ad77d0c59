"""Tags of clips: how a clip was made, and that it is AI-generated."""

from __future__ import annotations

import dataclasses
import io
import json
import unicodedata
from collections.abc import Mapping
from typing import Annotated, BinaryIO

import msgspec

from bot.audio.files.codes import as_text, from_text
from bot.audio.files.fields import SEVERAL, read_fields, write_fields
from bot.domain.clips import Tags
from bot.domain.generation import MAX_GENERATION_PROMPT_CHARACTERS, MAX_SEED, Codes

MADE_BY = "AI-generated with Zhiyin"

TAGS, CODES = "ZHIYIN", "ZHIYIN_CODES"
"""The names of our own fields, which are read in either case."""

_ID3_SUFFIXES = (".mp3", ".wav")
_MOST_NAME_CHARACTERS = 100
_MOST_PARENTS = 100
_MOST_PEOPLE = 100
_MOST_JSON_CHARACTERS = 2**16
_LINE_BREAKS = ("Zl", "Zp")

_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_SEED)]
_Setting = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the JSON of a tag may say, within bounds that all of ours keep."""

    prompt: str | None = None
    seed: _Count | None = None
    model: str
    kind: str
    parent_ids: tuple[_Count, ...] = ()
    clip_id: _Count | None = None
    guidance: _Setting | None = None
    temperature: _Setting | None = None
    top_k: _Count | None = None
    bpm: _Setting | None = None
    key: str | None = None
    loops: bool = False
    stem: str | None = None
    people: tuple[str, ...] = ()
    entry: tuple[_Count, _Count] | None = None


def to_json(tags: Tags) -> str:
    """Return tags as one line of JSON."""
    facts = dataclasses.asdict(tags)
    if not tags.people:
        del facts["people"]
    if tags.entry is None:
        del facts["entry"]
    facts["prompt"] = _plain(tags.prompt) if tags.prompt is not None else None
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)


def from_json(text: str | bytes) -> Tags | None:
    """Return tags from JSON, which anyone may have written; None where it holds none."""
    if len(text) > _MOST_JSON_CHARACTERS:
        return None
    try:
        facts = msgspec.json.decode(text, type=_Facts)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    model, kind = _short(facts.model), _short(facts.kind)
    if model is None or kind is None:
        return None
    return Tags(
        prompt=_short(facts.prompt, MAX_GENERATION_PROMPT_CHARACTERS),
        seed=facts.seed,
        model=model,
        kind=kind,
        parent_ids=facts.parent_ids[:_MOST_PARENTS],
        clip_id=facts.clip_id,
        guidance=facts.guidance,
        temperature=facts.temperature,
        top_k=facts.top_k,
        bpm=facts.bpm,
        key=_short(facts.key),
        loops=facts.loops,
        stem=_short(facts.stem),
        people=tuple(filter(None, map(_short, facts.people[:_MOST_PEOPLE]))),
        entry=facts.entry,
    )


def write_tags(data: bytes, suffix: str, tags: Tags, codes: bytes | None = None) -> bytes:
    """Return a clip that was just encoded with its tags in it, and with its packed codes if any."""
    title = _plain(tags.prompt) if tags.prompt is not None else "a random clip"
    fields = {"title": title, "comment": MADE_BY, TAGS: to_json(tags)}
    if tags.people:
        fields["artist"] = ", ".join(map(_plain, tags.people))
    if codes is not None:
        fields[CODES] = as_text(codes)
    if tags.bpm is not None:
        fields["bpm"] = f"{tags.bpm:.0f}"
    if tags.key is not None:
        fields["key"] = _short_key(tags.key) if suffix in _ID3_SUFFIXES else tags.key
    return write_fields(data, suffix, fields)


def read_tags(file: BinaryIO | bytes) -> Tags | None:
    """Return how a clip of ours was made; None for any other file."""
    return find_tags(read_fields(_open(file)))


def find_tags(fields: Mapping[str, str]) -> Tags | None:
    """Return how a clip of ours was made, from the fields of its file."""
    text = fields.get(TAGS.lower())
    return None if text is None else from_json(text.split(SEVERAL)[0])


def add_codes(flac: bytes, codes: bytes) -> bytes:
    """Return a FLAC file without other tags with a clip's packed codes in it."""
    return write_fields(flac, ".flac", {CODES: as_text(codes)})


def read_codes(file: BinaryIO | bytes) -> Codes | None:
    """Return the codes that a clip's file tells; None where it tells none that can be read."""
    text = read_fields(_open(file)).get(CODES.lower())
    return None if text is None else from_text(text.split(SEVERAL)[0])


def _open(file: BinaryIO | bytes) -> BinaryIO:
    return io.BytesIO(file) if isinstance(file, bytes) else file


def _short_key(name: str) -> str:
    """Return a key as ID3 writes it: "Am", "F#"."""
    tonic, _, mode = name.partition(" ")
    return tonic + ("m" if mode == "minor" else "")


def _short(text: str | None, most_characters: int = _MOST_NAME_CHARACTERS) -> str | None:
    """Return a text as it may be shown; None for one that shows nothing."""
    return None if text is None else _plain(text).strip()[:most_characters] or None


def _plain(text: str) -> str:
    """Return a text without control characters, and on one line."""
    kinds = ((each, unicodedata.category(each)) for each in text)
    return "".join(" " if kind in _LINE_BREAKS else each for each, kind in kinds if kind[0] != "C")
