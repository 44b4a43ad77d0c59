"""Which file of a message is its sound, wherever Discord shows it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.domain.sound_formats import ACCEPTED_FORMATS, ACCEPTED_SUFFIXES
from cogs.remix import Remix
from cogs.requests.message_audio import SharedFile, find_sound, is_sound

ADDRESS = "https://files.example/1/2/a%20song.mp3?ex=1"


def message(attachments=(), components=(), forwarded=()):
    """A message as discord.py parses it, with the attributes that are used."""
    parts = [discord.components._component_factory(each) for each in components]
    return SimpleNamespace(
        attachments=[
            discord.Attachment(data=each, state=cast(Any, SimpleNamespace(http=None)))
            for each in attachments
        ],
        components=parts,
        message_snapshots=list(forwarded),
    )


def attached(name, content_type=None):
    return {
        "id": "1",
        "filename": name,
        "size": 9,
        "url": ADDRESS,
        "proxy_url": ADDRESS,
        "content_type": content_type,
    }


def media(**more):
    return {"url": ADDRESS, **more}


FILE = {"type": 13, "file": media(attachment_id="1"), "name": "a song.mp3", "size": 9}
GALLERY = {"type": 12, "items": [{"media": media(attachment_id="1", content_type="video/mp4")}]}
TEXT = {"type": 10, "content": "hello"}


@pytest.mark.parametrize(
    "components",
    [[FILE], [TEXT, GALLERY], [{"type": 17, "components": [TEXT, FILE]}]],
    ids=["file", "gallery", "container"],
)
@pytest.mark.parametrize("is_forwarded", [False, True])
def test_a_file_that_a_component_shows_is_found(components, is_forwarded):
    """Discord lists it only in the component; forwarded messages have it, too."""
    shown = message(components=components)
    sound = find_sound(message(forwarded=[shown]) if is_forwarded else shown)
    assert (sound.filename, sound.url) == ("a song.mp3", ADDRESS)


def test_an_attachment_of_a_forwarded_message_is_found():
    """It is part of the snapshot, not of the message."""
    sound = find_sound(message(forwarded=[message([attached("b.png"), attached("a.mov")])]))
    assert (sound.filename, sound.size) == ("a.mov", 9)


def test_urls_outside_discord_are_not_fetched():
    """A gallery may show pictures from anywhere: only uploaded files are fetched."""
    gallery = {"type": 12, "items": [{"media": media(content_type="audio/mpeg")}]}
    assert find_sound(message(components=[gallery])) is None


@pytest.mark.parametrize("suffix", sorted(ACCEPTED_SUFFIXES))
def test_every_accepted_suffix_is_a_sound(suffix):
    """In capitals, too, and if Discord knows no media type."""
    assert is_sound(SharedFile(filename=f"a{suffix.upper()}", url=ADDRESS))


@pytest.mark.parametrize(
    ("name", "content_type", "expected"),
    [
        ("clip", "audio/x-anything", True),
        ("film.unknown", "video/quicktime; x=y", True),
        ("voice-message.ogg", None, True),
        ("a.png", "image/png", False),
        ("a.gif", "image/gif", False),
        ("notes.txt", "text/plain", False),
        ("mp3", None, False),
    ],
)
def test_files_declared_as_audio_are_tried(name, content_type, expected):
    """Videos have sound in them; pictures and texts don't."""
    assert is_sound(SharedFile(filename=name, url=ADDRESS, content_type=content_type)) == expected


def test_the_command_lists_what_the_menus_take():
    """There is one list of formats, and it fits into the description of an option."""
    (option,) = (each for each in Remix.remix.parameters if each.name == "clip")
    assert str(option.description) == f"A sound file: {ACCEPTED_FORMATS}."
    assert len(str(option.description)) <= 100
    for name in ACCEPTED_FORMATS.replace(" or ", ", ").split(", "):
        assert f".{name.lower()}" in ACCEPTED_SUFFIXES | {".aiff"}
