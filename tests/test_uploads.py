"""What people send: everything that is sound is heard, and nothing else is even opened."""

from __future__ import annotations

import asyncio
import io
import os
import random
import socket
import subprocess
import wave

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.audio import gate, sandbox
from bot.audio.uploads import Uploads
from bot.errors import SoundError

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
}


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Two seconds of a tone in every accepted kind."""
    folder = tmp_path_factory.mktemp("sounds")
    made = {}
    for name, options in KINDS.items():
        path = folder / name.replace(" ", "_")
        tone = "sine=frequency=440:duration=2:sample_rate=32000"
        command = [str(sandbox.find_ffmpeg()), "-v", "error", "-f", "lavfi", "-i", tone]
        subprocess.run([*command, *options, "-y", str(path)], check=True)
        made[name] = path.read_bytes()
    return made


async def heard(data, keep_seconds=30.0):
    return await Uploads(sample_rate_hz=RATE_HZ, channels=1).read(data, keep_seconds=keep_seconds)


def pitch_of(sound):
    spectrum = np.abs(np.fft.rfft(sound.samples[0] * np.hanning(sound.samples.shape[1])))
    return spectrum.argmax() * RATE_HZ / sound.samples.shape[1]


@pytest.mark.parametrize("name", KINDS)
async def test_every_accepted_kind_is_heard(files, name):
    """At the model's rate and channels, whatever it was recorded at."""
    sound = await heard(files[name])
    assert sound.sample_rate_hz == RATE_HZ
    assert sound.channels == 1
    assert sound.seconds == pytest.approx(2.0, abs=0.1)
    assert pitch_of(sound) == pytest.approx(440, abs=2)


async def test_the_end_of_a_long_file_is_kept():
    """What a clip goes on from is the end of what was sent."""
    times = np.arange(20 * RATE_HZ) / RATE_HZ
    tones = np.where(times < 15, np.sin(2 * np.pi * 300 * times), np.sin(2 * np.pi * 900 * times))
    sound = await heard(as_file(0.5 * tones, "FLAC"), keep_seconds=4.0)
    assert sound.seconds == 4.0
    assert pitch_of(sound) == pytest.approx(900, abs=2)


def as_file(samples, kind="WAV", rate_hz=RATE_HZ, subtype=None):
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format=kind, subtype=subtype)
    return file.getvalue()


def playlist(canary):
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{canary}\n#EXT-X-ENDLIST\n".encode()


@pytest.fixture
def canary(tmp_path):
    """A sound of another person that must not be heard."""
    path = tmp_path / "canary.wav"
    path.write_bytes(as_file(np.sin(np.arange(RATE_HZ) / 10)))
    os.utime(path, (1, 1))
    return path


@pytest.mark.parametrize(
    "text",
    [
        playlist,
        lambda path: f"ffconcat version 1.0\nfile '{path}'\n".encode(),
        lambda path: b"ffconcat version 1.0\nfile canary.wav\n",
        lambda path: f"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\na={path}".encode(),
        lambda path: b'<?xml version="1.0"?><MPD><BaseURL>file:///etc/hostname</BaseURL></MPD>',
    ],
)
async def test_a_list_of_other_files_opens_none_of_them(canary, text):
    """A playlist named like a sound would make a guessing decoder play another file of the host."""
    with pytest.raises(SoundError, match="not a sound file that I can use"):
        await heard(text(canary))
    assert canary.stat().st_atime == 1


@pytest.mark.parametrize("demuxer", ["wav", "mp3", "ogg", "mov", "matroska", "flac", "aac"])
async def test_even_past_the_gate_a_playlist_opens_nothing(canary, demuxer):
    """The decoder itself may open one file as one kind, and nothing that the file names."""
    decoding = sandbox.Decoding(
        demuxer=demuxer, sample_rate_hz=RATE_HZ, channels=1, max_seconds=10.0
    )
    got = b""
    with pytest.raises(SoundError):
        async with sandbox.decoded(playlist(canary), decoding) as chunks:
            async for chunk in chunks:
                got += chunk
            if not got:
                raise SoundError("nothing")
    assert got == b""
    assert canary.stat().st_atime == 1


async def test_nothing_calls_out(files):
    """An address in a file is not gone to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        for demuxer in ("wav", "mov", "matroska"):
            decoding = sandbox.Decoding(
                demuxer=demuxer, sample_rate_hz=RATE_HZ, channels=1, max_seconds=10.0
            )
            with pytest.raises(SoundError):
                async with sandbox.decoded(playlist(address), decoding) as chunks:
                    if not [chunk async for chunk in chunks]:
                        raise SoundError("nothing")
        with pytest.raises(TimeoutError):
            server.accept()


def lying_flac():
    """A header that claims 68 thousand million samples, and nothing after it."""
    info = bytearray(34)
    info[0:4] = (4096).to_bytes(2, "big") * 2
    info[10:18] = (44_100 << 44 | 1 << 41 | 15 << 36 | (2**36 - 1)).to_bytes(8, "big")
    return b"fLaC\x80\x00\x00\x22" + bytes(info) + bytes(167)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", gate.EMPTY),
        (b"x", gate.NOT_SOUND),
        (lying_flac(), "damaged|no sound"),
        (b"RIFF\x00\x00\x00\x00WAVE", "damaged|no sound"),
        (b"OggS" + bytes(10), gate.NOT_SOUND),
        (random.Random(1).randbytes(5000), gate.NOT_SOUND),
        (b"PK\x03\x04" + bytes(100), gate.NOT_SOUND),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), gate.NOT_SOUND),
        (b"%PDF-1.7" + bytes(100), gate.NOT_SOUND),
        (b"<html><audio src='a.mp3'></html>", gate.NOT_SOUND),
        (b"\xff\xfb\x90\x00" + bytes(2000), "damaged|no sound|shorter"),
    ],
)
async def test_what_is_no_sound_is_refused_in_a_sentence(data, sentence):
    """Empty, cut off, random, or something else under a sound's name."""
    with pytest.raises(SoundError, match=sentence):
        await heard(data)


def header(channels, rate_hz):
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setnchannels(channels)
        target.setsampwidth(2)
        target.setframerate(rate_hz)
        target.writeframes(bytes(2 * channels * 100))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (header(1024, 32_000), "it has 1024 channels"),
        (header(1, 1), "it has 1 samples a second"),
        (header(1, 3_000_000), "it has 3000000 samples a second"),
    ],
)
async def test_absurd_headers_are_told_apart(data, sentence):
    """Before anything is decoded."""
    with pytest.raises(SoundError, match=sentence):
        await heard(data)


async def test_samples_that_are_no_numbers_are_refused():
    """NaN would poison all that is made from it."""
    samples = np.full(RATE_HZ, np.nan, np.float32)
    with pytest.raises(SoundError, match="not numbers|damaged"):
        await heard(as_file(samples, subtype="FLOAT"))


async def test_a_bomb_of_silence_is_only_so_long():
    """Hours of silence in a small file are listened to for ten minutes and no longer."""
    hour = as_file(np.zeros(3600 * 8000, np.int16), "FLAC", rate_hz=8000)
    assert len(hour) < 100_000
    sound = await heard(hour, keep_seconds=10.0)
    assert sound.seconds == 10.0
    assert not sound.samples.any()


async def test_files_that_are_cut_off_or_changed_do_no_harm(files):
    """Two hundred of them: each is heard or refused in a sentence, and no process is left."""
    dice = random.Random(7)
    outcomes = {"heard": 0, "refused": 0}
    for number in range(200):
        data = bytearray(files[dice.choice(list(KINDS))])
        if number % 4 == 0:
            del data[dice.randrange(len(data)) :]
        for _ in range(dice.choice((1, 8, 64))):
            if data:
                data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            sound = await heard(bytes(data))
            assert np.isfinite(sound.samples).all()
            outcomes["heard"] += 1
        except SoundError as error:
            assert error.sentence.endswith(".")
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 0
    assert not list(sandbox_folders())


def sandbox_folders():
    import tempfile
    from pathlib import Path

    return Path(tempfile.gettempdir()).glob("zhiyin-upload-*")


async def test_whoever_gives_up_leaves_no_process(files):
    """A cancelled upload ends its decoder and takes its folder away."""
    silence = as_file(np.zeros(3600 * 8000, np.int16), "FLAC", rate_hz=8000)
    task = asyncio.create_task(heard(silence))
    async with asyncio.timeout(10):
        while not list(sandbox_folders()):
            await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not list(sandbox_folders())


@given(st.binary(max_size=200))
@example(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f")
@example(b"fLaC")
@example(b"\xff\xf1\x50\x80\x00\x1f\xfc")
@settings(max_examples=500, deadline=None)
def test_the_gate_answers_any_bytes(data):
    """With a kind or with a sentence, and with nothing else."""
    for start in (b"", b"RIFF\x00\x00\x00\x00WAVEfmt ", b"OggS", b"fLaC", b"ID3\x04", b"\xff\xfb"):
        try:
            assert gate.recognised(start + data).demuxer
        except SoundError as error:
            assert error.sentence
