"""Format detection from the first bytes of a file, and that no other file gets opened."""

from __future__ import annotations

import asyncio
import os
import random
import re
import socket
import subprocess
import tempfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.audio.ffmpeg import find_ffmpeg
from bot.audio.untrusted import ffmpeg_decoder, sniff
from bot.audio.untrusted.uploads import Uploads
from bot.errors import SoundError
from tests.support.sound_files import (
    KINDS,
    RATE_HZ,
    as_file,
    in_every_kind,
    lying_flac,
    mp4_that_names,
    noise,
    playlist,
    wav_header,
)

KNOWN = [
    str(sniff.EMPTY),
    str(sniff.NOT_SOUND),
    sniff.MANY_CHANNELS.template,
    sniff.ODD_RATE.template,
]
SENTENCE = re.compile("|".join(re.sub(r"\\{\w+\\}", r"\\d+", re.escape(each)) for each in KNOWN))
STARTS = [
    b"", b"RIFF\x00\x00\x00\x00WAVEfmt ", b"RF64\x00\x00\x00\x00WAVE", b"OggS" + bytes(22),
    b"OggS" + bytes(22) + b"\x01\x13OpusHead", b"OggS" + bytes(22) + b"\x01\x1e\x01vorbis",
    b"fLaC", b"fLaC\x00\x00\x00\x22", b"ID3\x04", b"ID3\x04\x00\x00\x00\x00\x00\x04abcd",
    b"\xff\xfb", b"\xff\xf1", b"\x00\x00\x00\x20ftyp", b"\x1a\x45\xdf\xa3",
]  # fmt: skip


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder for temporary folders that no other test uses."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def heard(data):
    return await Uploads(sample_rate_hz=RATE_HZ, channels=1).read(data, keep_seconds=30.0)


@given(st.sampled_from(STARTS), st.binary(max_size=200))
@example(b"", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f")
@example(b"", b"\xff\xf1\x50\x80\x00\x1f\xfc")
@settings(max_examples=2000)
def test_any_bytes_are_identified_or_refused_with_a_known_sentence(start, data):
    """Random bytes after known beginnings raise no other error."""
    try:
        found = sniff.identify(start + data)
    except SoundError as error:
        assert SENTENCE.fullmatch(str(error.sentence))
    else:
        assert found.demuxer in {None, *sniff.DEMUXERS}
        assert found.channels is None or 1 <= found.channels <= 64
        assert found.rate_hz is None or 4_000 <= found.rate_hz <= 192_000


def test_every_accepted_format_is_identified():
    """The result is the name of the one demuxer that may open the file."""
    demuxers = {name: sniff.identify(data).demuxer for name, data in in_every_kind(0.2).items()}
    assert demuxers == {
        "mp3": "mp3",
        "m4a": "mov",
        "mp4 with its index at the end": "mov",
        "aac": "aac",
        "wav": "wav",
        "ogg": "ogg",
        "opus, a voice message": "ogg",
        "flac": "flac",
        "webm": "matroska",
        "stereo at 44.1 kHz": "mp3",
        "mp2": "mp3",
        "aiff": "aiff",
        "caf": "caf",
        "wave64": "w64",
        "a film in matroska": "matroska",
        "quicktime": "mov",
        "3gp": "mov",
        "mp3 of unknown length": "mp3",
    }
    assert demuxers.keys() == KINDS.keys()


@pytest.fixture
def canary(tmp_path):
    """Another file of the host, which must not be opened: its access time is set to 1970."""
    path = tmp_path / "canary.wav"
    path.write_bytes(as_file(noise()))
    os.utime(path, (1, 1))
    return path


@pytest.mark.parametrize(
    "text",
    [
        playlist,
        lambda path: playlist("http://127.0.0.1/a.ts"),
        lambda path: f"ffconcat version 1.0\nfile '{path}'\n".encode(),
        lambda path: b"ffconcat version 1.0\nfile canary.wav\n",
        lambda path: f"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\na={path}".encode(),
        lambda path: b'<?xml version="1.0"?><MPD><BaseURL>file:///etc/hostname</BaseURL></MPD>',
        lambda path: f"[playlist]\nFile1={path}\nNumberOfEntries=1\n".encode(),
    ],
    ids=["HLS", "HLS of an address", "concat", "concat beside it", "SDP", "DASH", "PLS"],
)
async def test_a_playlist_opens_no_other_file(canary, text):
    """ffmpeg would otherwise guess the format, and play the file that the playlist names."""
    with pytest.raises(SoundError, match=re.escape(str(sniff.NOT_SOUND))):
        await heard(text(canary))
    assert canary.stat().st_atime == 1


@pytest.mark.parametrize("demuxer", [*sniff.DEMUXERS, None])
async def test_even_ffmpeg_itself_opens_no_playlist_entry(canary, demuxer):
    """Behind the detection, ffmpeg is restricted to one file and one demuxer."""
    assert await decoded(playlist(canary), demuxer) == b""
    assert canary.stat().st_atime == 1


async def test_a_video_with_an_external_reference_does_not_get_it(canary):
    """ffmpeg follows the reference of its track to another file only with certain options."""
    data = mp4_that_names(canary)
    with pytest.raises(SoundError, match="There is no sound in this file|damaged"):
        await heard(data)
    assert canary.stat().st_atime == 1
    # The reference is real: with those options, ffmpeg opens the other file.
    (canary.parent / "named.mp4").write_bytes(data)
    follow = ["-enable_drefs", "1", "-use_absolute_path", "1"]
    command = [str(find_ffmpeg()), "-v", "quiet", *follow, "-i", "named.mp4"]
    await asyncio.to_thread(
        subprocess.run, [*command, "-f", "null", "-"], cwd=canary.parent, check=False
    )
    assert canary.stat().st_atime > 1


async def test_decoding_opens_no_network_connection():
    """An address in a file is not opened."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        for demuxer in ("wav", "mov", "matroska", None):
            assert await decoded(playlist(address), demuxer) == b""
        with pytest.raises(TimeoutError):
            server.accept()


async def decoded(data, demuxer):
    """Return the sandbox's output for a file that is decoded with this demuxer."""
    decoding = ffmpeg_decoder.Decoding(demuxer=demuxer, max_seconds=10.0)
    got = b""
    try:
        async with ffmpeg_decoder.lend_decoded(data, decoding) as chunks:
            async for chunk in chunks:
                got += chunk
    except SoundError as error:
        known = (ffmpeg_decoder.DAMAGED, ffmpeg_decoder.NO_TRACK, sniff.NOT_SOUND)
        assert str(error.sentence) in map(str, known)
    return got


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", str(sniff.EMPTY)),
        (b"x", str(sniff.NOT_SOUND)),
        (lying_flac(), "damaged|no sound"),
        (b"RIFF\x00\x00\x00\x00WAVE", "damaged|no sound"),
        (b"OggS" + bytes(10), str(sniff.NOT_SOUND)),
        (random.Random(1).randbytes(5000), str(sniff.NOT_SOUND)),
        (b"PK\x03\x04" + bytes(100), str(sniff.NOT_SOUND)),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), str(sniff.NOT_SOUND)),
        (b"%PDF-1.7" + bytes(100), str(sniff.NOT_SOUND)),
        (b"<html><audio src='a.mp3'></html>", str(sniff.NOT_SOUND)),
        (b"MThd\x00\x00\x00\x06" + bytes(100), str(sniff.NOT_SOUND)),
        (b"\x7fELF" + bytes(100), str(sniff.NOT_SOUND)),
        (b"\xff\xfb\x90\x00" + bytes(2000), "damaged|no sound|shorter"),
    ],
)
async def test_files_that_are_not_audio_are_refused_with_a_sentence(data, sentence):
    """Empty, truncated, random, or of another kind."""
    with pytest.raises(SoundError, match=sentence):
        await heard(data)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (wav_header(1024, 32_000), "it has 1024 channels; from 1 to 64 can be used."),
        (wav_header(65, 32_000), "it has 65 channels"),
        (wav_header(0, 32_000), "it has 0 channels"),
        (wav_header(1, 0), "it has 0 samples a second; 4,000 to 192,000 can be used."),
        (wav_header(1, 1), "it has 1 samples a second"),
        (wav_header(1, 3_999), "it has 3999 samples a second"),
        (wav_header(1, 192_001), "it has 192001 samples a second"),
        (wav_header(1, 2**32 - 1), "it has 4294967295 samples a second"),
    ],
)
def test_invalid_headers_are_refused(data, sentence):
    """Before anything is decoded."""
    with pytest.raises(SoundError, match=sentence):
        sniff.identify(data)


@pytest.mark.parametrize(("channels", "rate_hz"), [(1, 4_000), (64, 192_000), (2, 44_100)])
def test_headers_at_the_limits_are_accepted(channels, rate_hz):
    """The limits themselves are allowed values."""
    found = sniff.identify(wav_header(channels, rate_hz))
    assert (found.channels, found.rate_hz) == (channels, rate_hz)
