"""A clip's codes packed as bytes and in its file: they round-trip, forged ones are ignored."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from bot.audio.files import codes, encode
from bot.audio.files.formats import BY_SUFFIX
from bot.audio.files.tags import read_codes, read_tags
from bot.domain.clips import Tags
from bot.domain.generation import Codes, Sound

FINGERPRINT = "0123456789abcdef"
TAGS = Tags(prompt="90s rock", seed=7, model="starter", kind="music")


def some(frames=500, books=8, seed=1):
    tokens = np.random.default_rng(seed).integers(0, 2048, (books, frames), dtype=np.int32)
    return Codes(tokens=tokens, fingerprint=FINGERPRINT)


def pack_codes(numbers, *, magic=b"ZHYC", version=1, books=2, frames=4, tail=b""):
    """Pack codes as an attacker may forge them."""
    header = struct.pack(">4sBB8sI", magic, version, books, bytes(8), frames)
    return header + zlib.compress(numbers) + tail


@pytest.mark.parametrize(("books", "frames"), [(1, 1), (8, 500), (8, 15_000), (16, 3)])
def test_codes_round_trip(books, frames):
    """The numbers and the model they belong to stay the same."""
    made = some(frames, books)
    data = codes.pack_codes(made)
    assert data is not None
    for found in (codes.unpack_codes(data), codes.from_text(codes.as_text(data))):
        assert found is not None
        assert found.fingerprint == FINGERPRINT
        assert found.tokens.dtype == np.int32
        assert np.array_equal(found.tokens, made.tokens)


def test_codes_longer_than_a_clip_are_not_packed():
    """The format has no room for more than the longest clip."""
    assert codes.pack_codes(some(40_000)) is None
    assert codes.pack_codes(some(0)) is None


def test_packed_codes_are_small():
    """Repetitive codes, such as those of a beat, compress well."""
    beat = Codes(tokens=np.tile(some(24).tokens, (1, 20)), fingerprint=FINGERPRINT)
    data = codes.pack_codes(beat)
    assert data is not None and len(data) < beat.tokens.size * 2 / 8


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ZHYC",
        pack_codes(bytes(16))[:20],
        pack_codes(bytes(16))[:-1],
        pack_codes(bytes(16), tail=b"more"),
        pack_codes(bytes(15)),
        pack_codes(bytes(17)),
        pack_codes(bytes(16), magic=b"ZHYD"),
        pack_codes(bytes(16), version=2),
        pack_codes(b"", books=0),
        pack_codes(b"", frames=0),
        pack_codes(bytes(16), books=17),
        pack_codes(bytes(16), frames=2**32 - 1),
        pack_codes(bytes(16))[:18] + b"no deflate at all",
        bytes(codes.MOST_BYTES + 1),
    ],
)
def test_malformed_packed_codes_are_none(data):
    """Truncated, lengthened, of another version or invalid: no codes, and no error."""
    assert codes.unpack_codes(data) is None


@given(
    data=st.binary(max_size=200),
    books=st.integers(0, 255),
    frames=st.integers(0, 2**32 - 1),
    deflated=st.booleans(),
)
def test_arbitrary_bytes_raise_no_error(data, books, frames, deflated):
    """They give codes of the declared shape, or none."""
    header = struct.pack(">4sBB8sI", b"ZHYC", 1, books, bytes(8), frames)
    found = codes.unpack_codes(header + (zlib.compress(data) if deflated else data))
    assert found is None or found.tokens.shape == (books, frames)
    codes.unpack_codes(data)


def test_the_codes_of_a_real_file_are_unpacked():
    """The forging helper gives codes for valid values, so the tests above test something."""
    found = codes.unpack_codes(pack_codes(bytes(16)))
    assert found is not None and found.tokens.shape == (2, 4)


def test_a_decompression_bomb_is_refused():
    """A few bytes that inflate to a hundred megabytes of zeros are not allocated."""
    bomb = pack_codes(bytes(100_000_000), books=16, frames=30_000)
    assert len(bomb) < codes.MOST_BYTES
    tracemalloc.start()
    try:
        assert codes.unpack_codes(bomb) is None
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 8 * 2**20


@pytest.mark.parametrize("text", ["", "?", "é", "AAAA", "A" * 3, "A" * 10_000_000])
def test_an_invalid_codes_tag_is_none(text):
    """Whatever the tag's value is, there is no error."""
    assert codes.from_text(text) is None


@pytest.mark.parametrize("suffix", BY_SUFFIX)
def test_every_format_stores_codes(tmp_path, suffix):
    """The other tags are unchanged, and the file still plays."""
    made, path = some(), tmp_path / f"clip{suffix}"
    sound = Sound(samples=np.zeros((1, 32_000), np.float32), sample_rate_hz=32_000)
    encode.write(path, sound, TAGS, codes.pack_codes(made))
    data = path.read_bytes()
    found = read_codes(io.BytesIO(data))
    assert found is not None
    assert np.array_equal(found.tokens, made.tokens)
    assert read_tags(data) == TAGS
    assert soundfile.info(io.BytesIO(data)).duration == pytest.approx(1.0, abs=0.1)
    encode.write(path, sound, TAGS)
    assert read_codes(io.BytesIO(path.read_bytes())) is None


@pytest.mark.parametrize("data", [b"", b"hello", bytes(1000)])
def test_a_file_that_is_no_clip_has_no_codes(data):
    """Reading them is no error."""
    assert read_codes(io.BytesIO(data)) is None
