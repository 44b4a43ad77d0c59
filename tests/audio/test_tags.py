"""Tags of sound files: current, older, foreign and invalid ones."""

from __future__ import annotations

import io
import json
import random
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.audio.ffmpeg import find_ffmpeg
from bot.audio.files import vorbis_comments
from bot.audio.files.codes import pack_codes
from bot.audio.files.fields import read_fields, write_fields
from bot.audio.files.formats import BY_SUFFIX, encode
from bot.audio.files.tags import from_json, read_codes, read_tags, to_json, write_tags
from bot.domain.clips import Tags
from bot.domain.generation import MAX_SEED, Codes, Sound

TAGS = Tags(
    prompt="90s rock 摇滚", seed=7, model="starter", kind="remix", parent_ids=(3, 4), clip_id=9,
    guidance=3.0, temperature=1.0, top_k=250, bpm=120.0, key="F# minor", loops=True,
)  # fmt: skip
FACTS = json.loads(to_json(TAGS))
OLD = sorted((Path(__file__).parent / "old_clips").glob("clip.*"))
SOUND = Sound(
    samples=(0.5 * np.sin(np.arange(3_200) / 20)).astype(np.float32)[None], sample_rate_hz=32_000
)


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.suffix)
def test_tags_written_by_the_earlier_library_are_read(path):
    """Tags and codes in clips of every earlier version stay readable."""
    data = path.read_bytes()
    assert read_tags(data) == TAGS
    assert np.array_equal(read_codes(data).tokens, np.arange(8).reshape(4, 2))
    fields = read_fields(io.BytesIO(data))
    written = write_tags(encode(SOUND, BY_SUFFIX[path.suffix]), path.suffix, TAGS)
    again = read_fields(io.BytesIO(written))
    del fields["zhiyin_codes"]
    fields.pop("encoder", None)  # the encoder's name and version
    assert again == fields


def test_every_format_has_an_old_test_clip():
    assert {path.suffix for path in OLD} == set(BY_SUFFIX)


@pytest.mark.parametrize("size", [0, 500, 100_000, 700_000])
@pytest.mark.parametrize("suffix", BY_SUFFIX)
def test_tagging_does_not_change_the_audio(suffix, size):
    """However many pages the tags take; the checksums of Ogg pages are right."""
    plain = encode(SOUND, BY_SUFFIX[suffix])
    fields = {"title": "90s rock 摇滚", "own": "x" * size} if size else {}
    tagged = write_fields(plain, suffix, fields)
    assert read_fields(io.BytesIO(tagged)) == fields
    before, _ = soundfile.read(io.BytesIO(plain))
    after, _ = soundfile.read(io.BytesIO(tagged))
    assert np.array_equal(before, after)
    if suffix in (".ogg", ".opus"):
        command = [str(find_ffmpeg()), "-v", "error", "-err_detect", "crccheck+explode"]
        done = subprocess.run(
            [*command, "-i", "pipe:0", "-f", "null", "-"], input=tagged, capture_output=True
        )
        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("length", [254, 255, 256, 255 * 255 - 1, 255 * 255, 255 * 255 + 1])
def test_pages_end_where_packets_of_any_length_do(length):
    """A packet of a whole number of segments ends with an empty segment."""
    plain = encode(SOUND, BY_SUFFIX[".opus"])
    bare = len(write_fields(plain, ".opus", {"X": ""})) - len(plain)
    for size in range(length - bare - 60, length - bare + 60, 17):
        fields = {"x": "y" * max(1, size)}
        assert read_fields(io.BytesIO(write_fields(plain, ".opus", fields))) == fields


def test_comment_names_have_valid_characters_only():
    """An equals sign in a name would end the name."""
    data = write_fields(encode(SOUND, BY_SUFFIX[".flac"]), ".flac", {"a=b\n\x7f": "c", "é": "d"})
    assert read_fields(io.BytesIO(data)) == {"ab": "c", "x": "d"}


def test_the_checksum_is_ogg_s_crc():
    """Pages that libogg wrote are packed again with the same checksum."""
    data = encode(SOUND, BY_SUFFIX[".ogg"])
    pages = list(vorbis_comments.read_pages(data))
    assert b"".join(page.pack(number) for number, page in enumerate(pages)) == data


@pytest.mark.parametrize(("suffix", "options"), [
    (".mp3", ["-id3v2_version", "3"]), (".mp3", ["-write_id3v1", "1"]), (".flac", []),
    (".ogg", []), (".opus", []),
])  # fmt: skip
def test_tags_survive_a_copy_by_another_program(tmp_path, suffix, options):
    """After a copy by ffmpeg, they are still read, also in older versions of ID3."""
    (tmp_path / f"a{suffix}").write_bytes(
        write_tags(encode(SOUND, BY_SUFFIX[suffix]), suffix, TAGS)
    )
    command = [str(find_ffmpeg()), "-v", "error", "-i", f"a{suffix}", "-c", "copy", *options]
    subprocess.run([*command, f"b{suffix}"], cwd=tmp_path, check=True)
    assert read_tags((tmp_path / f"b{suffix}").read_bytes()) == TAGS


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 10**18 * 100},
        {"seed": -1},
        {"seed": "7"},
        {"seed": 1e308},
        {"seed": float("inf")},
        {"seed": True},
        {"clip_id": 10**30},
        {"parent_ids": [10**400]},
        {"parent_ids": 7},
        {"parent_ids": {"a": 1}},
        {"parent_ids": [[]]},
        {"bpm": float("nan")},
        {"bpm": 1e300},
        {"guidance": "3"},
        {"top_k": []},
        {"prompt": ["rock"]},
        {"model": None},
        {"model": " \x07\u200b"},
        {"kind": ""},
        {"kind": 3},
        {"loops": "yes"},
        {"stem": {}},
    ],
    ids=str,
)
def test_out_of_range_tag_values_are_refused(change):
    """Later code relies on numbers of a limited size, and on the right types."""
    assert from_json(json.dumps(FACTS)) == TAGS
    assert from_json(json.dumps(FACTS | change)) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "7", "{}", "{", "[" * 100_000, '{"a":' * 10_000, "\x00", "\ud800",
        '{"seed": ' + "9" * 5_000 + "}", '{"seed": ' + "9" * 4_000 + ', "model": "", "kind": ""}',
        json.dumps(FACTS | {"other": "x" * 2**16}),
    ],
    ids=lambda text: ascii(text[:20]),
)  # fmt: skip
def test_foreign_tag_text_is_none(text):
    """However deep, long or malformed."""
    assert from_json(text) is None


def test_tag_texts_are_shortened_and_cleaned():
    """Without control characters, line breaks and changes of direction."""
    odd = "\x1b[2J a\u2028b\u202ec\x07\n\x9b"
    facts = FACTS | {name: odd for name in ("prompt", "model", "kind", "key", "stem")}
    found = from_json(json.dumps(facts | {"parent_ids": [MAX_SEED] * 1_000}))
    texts = (found.prompt, found.model, found.kind, found.key, found.stem)
    assert texts == ("[2J a bc",) * 5
    assert len(found.parent_ids) == 100
    found = from_json(json.dumps(FACTS | dict.fromkeys(("prompt", "key", "stem"), " \x07")))
    assert (found.prompt, found.key, found.stem) == (None, None, None)
    found = from_json(json.dumps(FACTS | {"prompt": "x" * 9_000, "model": "y" * 9_000}))
    assert (len(found.prompt or ""), len(found.model)) == (2_000, 100)


def test_a_compressed_id3_frame_is_not_inflated():
    """A few bytes could inflate to megabytes."""
    packed = zlib.compress(b"\x03ZHIYIN\x00" + b" " * 50_000_000, 9)

    def seven_bits(number):
        return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))

    size = (50_000_008).to_bytes(4, "big")
    frame = b"TXXX" + seven_bits(len(packed) + 4) + b"\x00\x09" + size + packed
    data = b"ID3\x04\x00\x00" + seven_bits(len(frame)) + frame + encode(SOUND, BY_SUFFIX[".mp3"])
    assert sum(map(len, read_fields(io.BytesIO(data)).values())) < 2 * len(packed)
    assert read_tags(data) is None


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.suffix)
def test_a_damaged_file_has_tags_or_none(path):
    """Bytes that are changed, removed or inserted never raise an error."""
    whole, random_ = path.read_bytes(), random.Random(path.suffix)
    found = 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(random_.randint(1, 8)):
            place, size = random_.randrange(len(data)), random_.randint(0, 20)
            data[place : place + random_.randint(0, 20)] = random_.randbytes(size)
        tags = read_tags(bytes(data[: random_.randint(1, len(data))]))
        found += tags is not None
        read_codes(bytes(data))
    assert 0 < found < 300


def test_codes_are_found_in_an_open_file(tmp_path):
    """Only the tags' part of a long file is read."""
    codes = Codes(tokens=np.arange(8, dtype=np.int32).reshape(4, 2), fingerprint="0a" * 8)
    data = write_tags(encode(SOUND, BY_SUFFIX[".flac"]), ".flac", TAGS, pack_codes(codes))
    (tmp_path / "a.flac").write_bytes(data)
    with (tmp_path / "a.flac").open("rb") as file:
        assert np.array_equal(read_codes(file).tokens, codes.tokens)
