"""Pack a clip as a file for posting, with tags and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.audio.files import post
from bot.audio.files.picture import takes_png, waveform_png
from bot.domain.clips import Clip, Tags
from bot.domain.generation import Codes, Sound


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedClip:
    """A clip as a file to be posted, with its picture."""

    name: str
    data: bytes = field(repr=False)
    picture: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedClip:
    """A clip as a file that somebody asked for."""

    name: str
    data: bytes = field(repr=False)


def tags_of(clip: Clip, people: tuple[str, ...] = ()) -> Tags:
    """Return the tags of a clip's file, with `people` as artists if they are named."""
    return Tags(
        prompt=clip.prompt,
        seed=clip.seed,
        model=clip.model,
        kind=clip.kind,
        parent_ids=clip.parent_ids,
        clip_id=clip.id,
        guidance=clip.sampling.guidance,
        temperature=clip.sampling.temperature,
        top_k=clip.sampling.top_k,
        bpm=clip.bpm,
        key=clip.key,
        loops=clip.loops,
        people=people,
    )


def pack_clip(
    clip: Clip,
    sound: Sound,
    max_bytes: int,
    style: post.Style,
    codes: Codes | None,
    people: tuple[str, ...] = (),
) -> PackedClip:
    """Return a clip as a tagged file of at most `max_bytes`, with its picture.

    The file contains its codes if there are some. Raises OutputError if it can't be made that
    small.
    """
    tags = tags_of(clip, people)
    return _pack(clip, sound, max_bytes, style, codes, waveform_png(sound), tags)


def pack_entry(
    clip: Clip,
    sound: Sound,
    max_bytes: int,
    style: post.Style,
    words: str,
    entry: tuple[int, int],
) -> PackedClip:
    """Return an anonymous battle entry as a file of at most `max_bytes`.

    It is tagged with `words` instead of its prompt, and with its battle and number instead of its
    id, seed and parents, so that the author can't be looked up during the vote. Raises OutputError
    if it can't be made that small.
    """
    tags = replace(tags_of(clip), prompt=words, seed=None, clip_id=None, parent_ids=(), entry=entry)
    return _pack(clip, sound, max_bytes, style, None, waveform_png(sound), tags)


def pack_takes(
    clips: Mapping[int, tuple[Clip, Sound, Codes | None]], max_bytes: int, style: post.Style
) -> dict[int, PackedClip]:
    """Return takes as files of at most `max_bytes` each, by their numbers.

    Discord limits each file, not their sum. All share one picture of all takes. Raises OutputError
    if one can't be made that small.
    """
    picture = takes_png({number: sound for number, (_, sound, _) in clips.items()})
    return {
        number: _pack(clip, sound, max_bytes, style, codes, picture, tags_of(clip))
        for number, (clip, sound, codes) in clips.items()
    }


def _pack(
    clip: Clip,
    sound: Sound,
    max_bytes: int,
    style: post.Style,
    codes: Codes | None,
    picture: bytes,
    tags: Tags,
) -> PackedClip:
    encoded = post.encode_for_post(sound, max_bytes=max_bytes, tags=tags, style=style, codes=codes)
    return PackedClip(name=f"zhiyin-{clip.id}{encoded.suffix}", data=encoded.data, picture=picture)
