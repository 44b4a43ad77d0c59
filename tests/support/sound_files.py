"""Sound files for tests, intact and damaged, created on demand."""

from __future__ import annotations

import io
import struct
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np
import soundfile

from bot.audio.ffmpeg import find_ffmpeg

RATE_HZ = 32_000
KINDS = {
    "mp3": ["-f", "mp3"],
    "m4a": ["-c:a", "aac", "-f", "ipod", "-movflags", "+faststart"],
    "mp4 with its index at the end": ["-c:a", "aac", "-f", "mp4"],
    "aac": ["-c:a", "aac", "-f", "adts"],
    "wav": ["-f", "wav"],
    "ogg": ["-c:a", "libvorbis", "-f", "ogg"],
    "opus, a voice message": ["-c:a", "libopus", "-ar", "48000", "-ac", "1", "-f", "ogg"],
    "flac": ["-f", "flac"],
    "webm": ["-c:a", "libopus", "-f", "webm"],
    "stereo at 44.1 kHz": ["-ac", "2", "-ar", "44100", "-f", "mp3"],
    "mp2": ["-c:a", "mp2", "-ar", "44100", "-f", "mp2"],
    "aiff": ["-f", "aiff"],
    "caf": ["-f", "caf"],
    "wave64": ["-f", "w64"],
    "a film in matroska": ["-c:a", "aac", "-f", "matroska"],
    "quicktime": ["-c:a", "pcm_s16be", "-f", "mov"],
    "3gp": ["-c:a", "aac", "-f", "3gp"],
    "mp3 of unknown length": ["-q:a", "5", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3"],
}


def from_ffmpeg(*options):
    """Return ffmpeg's output for these arguments: inputs, maps, codecs and container."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "out")
        command = [str(find_ffmpeg()), "-nostdin", "-v", "error", *options, "-y", str(path)]
        subprocess.run(command, check=True)
        return path.read_bytes()


def tone(seconds=2.0, hertz=440):
    """Return ffmpeg's arguments for a sine as input."""
    return ["-f", "lavfi", "-i", f"sine=frequency={hertz}:duration={seconds}:sample_rate={RATE_HZ}"]


def in_every_kind(seconds=2.0):
    """Return a tone in every accepted format, by name."""
    return {name: from_ffmpeg(*tone(seconds), *options) for name, options in KINDS.items()}


def as_file(samples, kind="WAV", rate_hz=RATE_HZ, subtype=None):
    """Return samples, [frames] or [frames, channels], as a file."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format=kind, subtype=subtype)
    return file.getvalue()


def noise(seconds=1.0, channels=1):
    """Return noise with an amplitude of a half, the same at every call."""
    shape = (round(seconds * RATE_HZ), channels)
    return np.random.default_rng(5).uniform(-0.5, 0.5, shape).astype(np.float32)


def playlist(target):
    """Return a playlist with one entry, a path or an address."""
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n".encode()


def lying_flac():
    """Return a FLAC header of 209 bytes that claims 68 thousand million samples."""
    info = bytearray(34)
    info[0:4] = (4096).to_bytes(2, "big") * 2
    info[10:18] = (44_100 << 44 | 1 << 41 | 15 << 36 | (2**36 - 1)).to_bytes(8, "big")
    return b"fLaC\x80\x00\x00\x22" + bytes(info) + bytes(167)


def wav_header(channels, rate_hz):
    """Return a WAV file of a hundred silent frames with these values in its header."""
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(8000)
        target.writeframes(bytes(200))
    data = bytearray(file.getvalue())
    struct.pack_into("<HI", data, 22, channels, rate_hz)
    return bytes(data)


def mp4_that_names(path):
    """Return an MP4 whose track refers to another file, as old Macintosh aliases do."""
    whole = from_ffmpeg(*tone(), *KINDS["mp4 with its index at the end"])
    name = str(path).encode()
    # Volume, file name, levels up and down, then the whole path as a separate part.
    alias = bytes(10) + b"\x01/" + bytes(26) + bytes(12) + b"\x01x" + bytes(62) + bytes(16)
    alias += struct.pack(">HH", 1, 1) + bytes(16)
    alias += struct.pack(">HH", 2, len(name)) + name + bytes(len(name) % 2)
    alias += struct.pack(">HH", 0xFFFF, 0)
    entry = struct.pack(">I4sI", 12 + len(alias), b"alis", 0) + alias
    old = struct.pack(">I4sI", 12, b"url ", 1)
    at = whole.index(old)
    grown = bytearray(whole[:at] + entry + whole[at + len(old) :])
    for box in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        place = whole.rindex(box, 0, at) - 4
        (size,) = struct.unpack_from(">I", grown, place)
        struct.pack_into(">I", grown, place, size + len(entry) - len(old))
    return bytes(grown)
