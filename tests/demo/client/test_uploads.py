"""Uploads before they are attached to a message."""

from __future__ import annotations

import pytest

from bot.demo.client.uploads import Uploads, clean_name
from bot.errors import RequestError


async def sent(*chunks):
    for chunk in chunks:
        yield chunk


async def test_an_upload_is_stored_under_the_client_s_id():
    """A second upload with the same id replaces the first."""
    uploads = Uploads()
    await uploads.take("one", "a.wav", "audio/wav", sent(b"ab"), 10)
    await uploads.take("one", "a.wav", "audio/wav", sent(b"a", b"bc"), 10)
    (file,) = uploads.find(["one"])
    assert (file.name, file.data, file.content_type) == ("a.wav", b"abc", "audio/wav")


async def test_a_too_large_upload_is_refused_despite_its_declared_size():
    """As soon as the limit is passed; nothing of it is stored."""
    uploads = Uploads()
    with pytest.raises(RequestError, match="larger than 3 MB"):
        await uploads.take("one", "a", None, sent(*[bytes(2**20)] * 4), 3 * 2**20)
    with pytest.raises(RequestError, match="attach it again"):
        uploads.find(["one"])


async def test_unused_uploads_are_evicted():
    """The oldest first."""
    uploads = Uploads(most_waiting_bytes=5)
    for name in ("one", "two", "three"):
        await uploads.take(name, name, None, sent(b"ab"), 10)
    assert [each.name for each in uploads.find(["two", "three"])] == ["two", "three"]
    with pytest.raises(RequestError):
        uploads.find(["one"])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\x00b\n.mp3", "a_b_.mp3"),
        ("", "file"),
        ("...", "file"),
        ("x" * 300 + ".wav", "x" * 196 + ".wav"),
        ("知音.mp3", "知音.mp3"),
    ],
)
def test_file_names_are_cleaned_and_shortened(given, kept):
    """A long name keeps its end, with the suffix."""
    assert clean_name(given) == kept


@pytest.mark.parametrize("given", ["text/html\r\nX: 1", "audio", "audio/" + 99 * "x", "a b/c"])
async def test_an_invalid_content_type_is_dropped(given):
    """A content type is one word, a slash and another word."""
    uploads = Uploads()
    await uploads.take("one", "a.wav", given, sent(b"ab"), 10)
    (file,) = uploads.find(["one"])
    assert "\n" not in (file.content_type or "")
    assert file.content_type != given
