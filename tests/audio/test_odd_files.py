"""Unusual files that any player plays: bot and command line decode them completely."""

from __future__ import annotations

import struct
import tempfile

import numpy as np
import pytest

from bot.audio.files import decode
from bot.audio.untrusted import sniff
from bot.audio.untrusted.uploads import Uploads
from tests.support.sound_files import RATE_HZ, as_file, from_ffmpeg, noise, tone

SECONDS = 2.0


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder for temporary folders that no other test uses."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def mp3():
    return from_ffmpeg(*tone(SECONDS), "-id3v2_version", "0", "-write_xing", "0", "-f", "mp3")


def id3(size):
    return b"ID3\x04\0\0" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + bytes(size)


def ape(size):
    return b"APETAGEX" + struct.pack("<IIII", 2000, size, 1, 0xA000_0000) + bytes(8) + b"x" * size


def m4a(brand):
    data = from_ffmpeg(*tone(SECONDS), "-c:a", "aac", "-f", "ipod")
    return data[:8] + brand + data[12:]


def quicktime_without_ftyp():
    """Old QuickTime files begin with their sound, or with a `wide` atom."""
    data = from_ffmpeg(*tone(SECONDS), "-c:a", "pcm_s16be", "-f", "mov")
    return data[:4] + b"wide" + data[8:]


def with_chunk(name, body):
    """A WAV file with a chunk before that of its format."""
    data = as_file(noise(SECONDS))
    body += bytes(len(body) % 2)
    return data[:12] + name + struct.pack("<I", len(body)) + body + data[12:]


def broadcast_wave_64():
    data = as_file(noise(SECONDS), "RF64")
    return b"BW64" + data[4:]


def chained():
    one = from_ffmpeg(*tone(SECONDS / 2), "-c:a", "libvorbis", "-f", "ogg")
    both = ["-af", "pan=stereo|c0=c0|c1=c0", "-c:a", "libvorbis", "-f", "ogg"]
    return one + from_ffmpeg(*tone(SECONDS / 2, 900), *both)


ODD = {
    "two ID3 tags": lambda: id3(3000) + id3(500) + mp3(),
    "a large ID3 tag": lambda: id3(300_000) + mp3(),
    "zeros first": lambda: bytes(1000) + mp3(),
    "zeros behind a tag": lambda: id3(10) + bytes(300_000) + mp3(),
    "an APE tag first": lambda: ape(5000) + mp3(),
    "an old ID3 tag first": lambda: b"TAG" + b"x" * 125 + mp3(),
    "half a frame first": lambda: mp3()[100:],
    "layer II": lambda: from_ffmpeg(*tone(SECONDS), "-c:a", "mp2", "-ar", "44100", "-f", "mp2"),
    "VBR without Xing": lambda: from_ffmpeg(
        *tone(SECONDS), "-q:a", "5", "-write_xing", "0", "-f", "mp3"
    ),
    "a brand of dozens": lambda: m4a(b"XAVC"),
    "a brand of nobody": lambda: m4a(b"\xa9foo"),
    "QuickTime without ftyp": quicktime_without_ftyp,
    "a comment that says fmt": lambda: with_chunk(b"LIST", b"INFOICMT\x0c\0\0\0fmt is this?"),
    "an odd chunk first": lambda: with_chunk(b"junk", b"x" * 5001),
    "an ID3 tag before WAV": lambda: id3(35) + as_file(noise(SECONDS)),
    "RF64": lambda: as_file(noise(SECONDS), "RF64"),
    "BW64": broadcast_wave_64,
    "FLAC behind a tag": lambda: id3(35) + as_file(noise(SECONDS), "FLAC"),
    "chained Ogg": chained,
    "Ogg with FLAC": lambda: from_ffmpeg(*tone(SECONDS), "-c:a", "flac", "-f", "ogg"),
}


@pytest.mark.parametrize("what", ODD)
async def test_files_that_players_accept_are_decoded_completely(what):
    """The whole length is decoded, with sound to the end."""
    sound = await Uploads(sample_rate_hz=RATE_HZ, channels=1).read(ODD[what](), keep_seconds=9.0)
    assert sound.seconds == pytest.approx(SECONDS, abs=0.08)
    assert np.ptp(sound.samples.reshape(-1)[-RATE_HZ // 2 :]) > 0.1


@pytest.mark.parametrize("what", ["VBR without Xing", "chained Ogg", "a brand of dozens"])
def test_the_command_line_decodes_as_much_as_the_bot(tmp_path, what):
    """libsndfile alone would truncate these files, or refuse them."""
    path = tmp_path / "a"
    path.write_bytes(ODD[what]())
    assert decode.load_part(path).file_seconds == pytest.approx(SECONDS, abs=0.08)
    end = decode.load_end(path, keep_seconds=9.0, sample_rate_hz=RATE_HZ, channels=2)
    assert end.sound.seconds == pytest.approx(SECONDS, abs=0.08)


async def test_a_later_part_with_more_channels_keeps_its_level():
    """A stereo part after a mono part of the same file is downmixed by the mean."""
    sound = await Uploads(sample_rate_hz=RATE_HZ, channels=1).read(chained(), keep_seconds=9.0)
    first, second = np.array_split(np.square(sound.samples[0]), 2)
    assert second.mean() / first.mean() == pytest.approx(1.0, abs=0.1)


def test_a_recognised_file_is_opened_with_one_demuxer_only():
    """ffmpeg may choose the demuxer only if the format is not recognised."""
    assert sniff.identify(ODD["two ID3 tags"]()).demuxer == "mp3"
    assert sniff.identify(ODD["half a frame first"]()).demuxer is None
    assert sniff.identify(ODD["a comment that says fmt"]()).channels == 1
