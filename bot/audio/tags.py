"""What a clip's file tells of itself: how it was made, and that a machine made it."""

from __future__ import annotations

import io
import json
import unicodedata
from dataclasses import dataclass

import mutagen
from mutagen.flac import FLAC
from mutagen.id3 import COMM, ID3, TIT2, TXXX
from mutagen.mp3 import MP3
from mutagen.oggvorbis import OggVorbis

MADE_BY = "AI-generated with Zhiyin"

_KEY = "ZHIYIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """How a clip was made."""

    prompt: str | None
    seed: int
    model: str
    kind: str
    parent_ids: tuple[int, ...]
    clip_id: int

    def written(self) -> str:
        """Return it as one line of JSON."""
        facts = {
            "clip": self.clip_id,
            "kind": str(self.kind),
            "model": self.model,
            "parents": list(self.parent_ids),
            "prompt": _plain(self.prompt) if self.prompt is not None else None,
            "seed": self.seed,
        }
        return json.dumps(facts, ensure_ascii=False, sort_keys=True)


def tagged(data: bytes, suffix: str, tags: Tags) -> bytes:
    """Return an encoded clip with its tags in it."""
    file = io.BytesIO(data)
    title = _plain(tags.prompt) if tags.prompt is not None else "a random clip"
    if suffix == ".mp3":
        found = ID3()
        found.add(TIT2(encoding=3, text=title))
        found.add(COMM(encoding=3, lang="eng", desc="", text=MADE_BY))
        found.add(TXXX(encoding=3, desc=_KEY, text=tags.written()))
        found.save(file)
    else:
        comments = FLAC(file) if suffix == ".flac" else OggVorbis(file)
        comments["title"], comments["comment"], comments[_KEY] = title, MADE_BY, tags.written()
        file.seek(0)
        comments.save(file)
    return file.getvalue()


def read_tags(data: bytes) -> Tags | None:
    """Return how a clip of ours was made; None for any other file."""
    try:
        found = mutagen.File(io.BytesIO(data))
        text = _text_in(found)
        if text is None:
            return None
        facts = json.loads(text)
        return Tags(
            prompt=None if facts["prompt"] is None else str(facts["prompt"]),
            seed=int(facts["seed"]),
            model=str(facts["model"]),
            kind=str(facts["kind"]),
            parent_ids=tuple(int(parent) for parent in facts["parents"]),
            clip_id=int(facts["clip"]),
        )
    except (mutagen.MutagenError, ValueError, KeyError, TypeError):
        return None


def _text_in(found: object) -> str | None:
    if isinstance(found, MP3) and found.tags is not None:
        frames = found.tags.getall(f"TXXX:{_KEY}")
        return str(frames[0]) if frames else None
    if isinstance(found, (FLAC, OggVorbis)) and found.tags is not None:
        return next(iter(found.tags.get(_KEY, [])), None)
    return None


def _plain(text: str) -> str:
    return "".join(each for each in text if unicodedata.category(each)[0] != "C")
