"""Reading and writing sound files: what is kept, and what is refused."""

from __future__ import annotations

import os
import resource
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.audio.files import decode, encode
from bot.audio.files.formats import BY_SUFFIX
from bot.audio.resample import fit
from bot.domain.generation import Sound
from bot.errors import OutputError, SoundError

RATE_HZ = 32_000


def tone(seconds=1.0, *, channels=1, rate_hz=RATE_HZ, pitch_hz=440.0):
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    samples = 0.5 * np.sin(2 * np.pi * pitch_hz * time_s)
    return Sound(
        samples=np.repeat(samples[None], channels, axis=0).astype(np.float32),
        sample_rate_hz=rate_hz,
    )


def error_of(sound, heard):
    """Return the difference between two sounds as a share of the first."""
    length = min(sound.samples.shape[1], heard.samples.shape[1])
    difference = sound.samples[:, :length] - heard.samples[:, :length]
    return float(np.sqrt((difference**2).mean() / (sound.samples**2).mean()))


def only_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("suffix", BY_SUFFIX)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [24_000, RATE_HZ])
def test_a_written_file_decodes_to_the_same_sound(tmp_path, suffix, channels, rate_hz):
    """Every format returns the whole sound without a delay; Opus has a rate of 48 kHz."""
    # ffmpeg drops the last hundredth of a second of Vorbis in a single page (a short tone).
    sound = tone(6, channels=channels, rate_hz=rate_hz)
    path = tmp_path / f"clip{suffix}"
    encode.write(path, sound)
    heard = decode.load_part(path).sound
    assert heard.sample_rate_hz == (48_000 if suffix == ".opus" else rate_hz)
    heard = fit(heard, sample_rate_hz=rate_hz, channels=channels)
    assert heard.samples.shape == sound.samples.shape
    assert heard.samples.dtype == np.float32
    assert error_of(sound, heard) < (0.0001 if suffix in {".wav", ".flac"} else 0.05)
    assert only_in(tmp_path) == [path.name]


def test_a_long_vorbis_file_is_written_whole(tmp_path):
    """libsndfile crashes when given minutes of Vorbis at once, so it is written in pieces."""
    sound = tone(240, channels=2)
    encode.write(tmp_path / "long.ogg", sound)
    assert soundfile.info(tmp_path / "long.ogg").frames == sound.samples.shape[1]


def test_the_suffix_may_be_in_capitals(tmp_path):
    """`.WAV` is the format of `.wav`."""
    encode.write(tmp_path / "CLIP.WAV", tone())
    assert soundfile.info(tmp_path / "CLIP.WAV").format == "WAV"


def test_loud_sound_is_turned_down_and_neither_cut_nor_wrapped(tmp_path):
    """A sound beyond full scale keeps its shape, with its peak at full scale."""
    samples = np.linspace(-1.0, 1.5, RATE_HZ, dtype=np.float32)[None]
    encode.write(tmp_path / "loud.wav", Sound(samples=samples, sample_rate_hz=RATE_HZ))
    heard = decode.load_part(tmp_path / "loud.wav").sound
    np.testing.assert_allclose(heard.samples, samples / 1.5, atol=1e-4)


def test_a_written_file_may_be_read_by_others(tmp_path):
    """The umask decides on its permissions, as for any file."""
    before = os.umask(0o022)
    try:
        encode.write(tmp_path / "clip.wav", tone())
    finally:
        os.umask(before)
    assert (tmp_path / "clip.wav").stat().st_mode & 0o777 == 0o644


def test_a_link_is_written_through(tmp_path):
    """The link stays a link; the file that it points to is replaced."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link.wav").symlink_to(tmp_path / "real" / "clip.wav")
    encode.write(tmp_path / "link.wav", tone())
    assert (tmp_path / "link.wav").is_symlink()
    assert only_in(tmp_path / "real") == ["clip.wav"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "clip.m4a",
            "clip.m4a ends in .m4a; the formats written are .wav, .flac, .mp3, .ogg, .opus.",
        ),
        ("clip", "clip has no suffix; the formats written are .wav, .flac, .mp3, .ogg, .opus."),
        ("nowhere/clip.mp3", "nowhere does not exist."),
        ("folder.mp3", "folder.mp3 is a folder; give the name of a file."),
        ("file.txt/clip.mp3", "file.txt does not exist."),
        ("/proc/clip.mp3", "Nothing can be written to /proc"),
    ],
)
def test_an_unwritable_path_is_refused_beforehand(tmp_path, name, sentence):
    """It is checked before music is generated, and no file is left."""
    (tmp_path / "folder.mp3").mkdir()
    (tmp_path / "file.txt").touch()
    with pytest.raises(OutputError) as caught:
        encode.check(tmp_path / name)
    assert sentence in str(caught.value.sentence)
    assert only_in(tmp_path) == ["file.txt", "folder.mp3"]


def test_nan_sound_is_refused(tmp_path):
    """No file is written."""
    sound = Sound(samples=np.array([[np.nan]]), sample_rate_hz=8000)
    with pytest.raises(OutputError, match="invalid numbers"):
        encode.write(tmp_path / "a.wav", sound)
    assert only_in(tmp_path) == []


@pytest.mark.parametrize(
    ("suffix", "rate_hz", "written_hz"),
    [
        (".mp3", 96_000, 48_000),
        (".mp3", 192_000, 48_000),
        (".mp3", 88_200, 44_100),
        (".mp3", 64_000, 48_000),
        (".mp3", 31_000, 32_000),
        (".mp3", 44_100, 44_100),
        (".opus", 96_000, 48_000),
        (".opus", 44_100, 48_000),
        (".flac", 96_000, 96_000),
    ],
)
def test_an_unsupported_rate_becomes_the_nearest_better_one(tmp_path, suffix, rate_hz, written_hz):
    """Length and pitch stay the same."""
    path = tmp_path / f"clip{suffix}"
    encode.write(path, tone(rate_hz=rate_hz))
    samples, found_hz = soundfile.read(path)
    assert found_hz == written_hz
    assert len(samples) / found_hz == pytest.approx(tone(rate_hz=rate_hz).seconds, abs=0.05)
    expected = np.abs(np.fft.rfft(tone(rate_hz=rate_hz).samples[0])).argmax()
    assert np.abs(np.fft.rfft(samples)).argmax() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("suffix", BY_SUFFIX)
def test_a_full_disk_keeps_the_old_file(tmp_path, suffix):
    """The incomplete file is deleted, and the old file is unchanged."""
    path = tmp_path / f"clip{suffix}"
    path.write_bytes(b"older")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(OutputError, match="is the disk full"):
            encode.write(path, tone(60))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"older"
    assert only_in(tmp_path) == [path.name]


def wav(path, samples, rate_hz=RATE_HZ):
    soundfile.write(path, samples, rate_hz, subtype="FLOAT", format="WAV")


def half_of_a_flac(path):
    soundfile.write(path, np.zeros(64), 44_100, format="FLAC")
    path.write_bytes(path.read_bytes()[:30])


def end_of(path, keep_seconds=20.0):
    return decode.load_end(
        path, keep_seconds=keep_seconds, sample_rate_hz=RATE_HZ, channels=1
    ).sound


@pytest.mark.parametrize(
    ("name", "make", "sentence"),
    [
        ("empty.wav", Path.touch, "empty.wav: This file is empty."),
        ("none.wav", lambda path: wav(path, np.zeros(0)), "none.wav: There is no sound in"),
        ("short.wav", lambda path: wav(path, np.ones(99)), "is shorter than a tenth of a second."),
        ("silent.wav", lambda path: wav(path, np.zeros(9999)), "silent.wav: Only silence can be"),
        (
            "nan.wav",
            lambda path: wav(path, np.r_[np.zeros(99_999), np.nan]),
            "nan.wav: This file is damaged: it has samples that are not numbers.",
        ),
        ("inf.wav", lambda path: wav(path, np.full(9999, np.inf)), "inf.wav: This file is damaged"),
        ("many.wav", lambda path: wav(path, np.zeros((9, 99))), "it has 99 channels"),
        ("slow.wav", lambda path: wav(path, np.zeros(9), 1), "says it has 1 samples a second"),
        ("fast.wav", lambda path: wav(path, np.zeros(9), 10**6), "it has 1000000 samples"),
        ("text.mp3", lambda path: path.write_text("hello" * 99), "text.mp3: This is not a sound"),
        ("half.flac", half_of_a_flac, "half.flac: "),
        ("folder", Path.mkdir, "folder: It is not a file."),
        ("pipe.wav", os.mkfifo, "pipe.wav: It is not a file."),
        ("missing.wav", lambda path: None, "There is no sound file"),
    ],
)
def test_an_unusable_file_is_refused(tmp_path, name, make, sentence):
    """Each reason has a sentence that names the file."""
    make(tmp_path / name)
    with pytest.raises(SoundError) as caught:
        end_of(tmp_path / name)
    assert sentence in str(caught.value.sentence)


def test_a_wav_that_is_cut_off_is_read_as_far_as_it_goes(tmp_path):
    """Only the missing part is lost."""
    wav(tmp_path / "cut.wav", tone(2).samples[0])
    data = (tmp_path / "cut.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(data[: len(data) // 2])
    assert 0.9 < end_of(tmp_path / "cut.wav").seconds < 1.1


@pytest.mark.parametrize("name", ["clip.raw", "-f lavfi", "a:b.mp3", "http:", "lied über.wav"])
def test_a_wrong_suffix_is_ignored(tmp_path, name):
    """The format is detected from the contents."""
    wav(tmp_path / name, tone(1).samples[0])
    assert end_of(tmp_path / name).seconds == 1.0


@pytest.mark.parametrize("seconds", [0.5, 3.7, 9.99, 10.0, 60.0])
def test_the_end_of_a_long_file_is_kept(tmp_path, seconds):
    """Sample by sample."""
    samples = np.linspace(-1, 1, 10 * RATE_HZ, dtype=np.float32)
    samples[::2] *= 0.5
    wav(tmp_path / "long.wav", samples)
    heard = end_of(tmp_path / "long.wav", seconds)
    np.testing.assert_array_equal(heard.samples[0], samples[-round(seconds * RATE_HZ) :])


@pytest.mark.parametrize("tail_seconds", [0.3, 2.0])
def test_trimmed_silence_is_reported(tmp_path, tail_seconds):
    """Codes of a whole clip must not be used with the end of a trimmed one."""
    samples = np.r_[tone(2).samples[0], np.zeros(round(tail_seconds * RATE_HZ))]
    wav(tmp_path / "a.wav", samples)
    end = decode.load_end(tmp_path / "a.wav", keep_seconds=9.0, sample_rate_hz=RATE_HZ, channels=1)
    assert end.is_cut == (tail_seconds == 2.0)
    assert end.sound.seconds == pytest.approx(2.0 if end.is_cut else 2.3, abs=0.11)


def test_a_part_of_a_file_reports_its_position(tmp_path):
    """Counted from the file's start, whatever precedes the part."""
    samples = np.linspace(-1, 1, 10 * RATE_HZ, dtype=np.float32)
    wav(tmp_path / "long.wav", samples)
    part = decode.load_part(tmp_path / "long.wav", start_seconds=2.5, end_seconds=4.25)
    assert part.start_seconds == 2.5
    np.testing.assert_array_equal(
        part.sound.samples[0], samples[round(2.5 * RATE_HZ) : round(4.25 * RATE_HZ)]
    )
    beyond = decode.load_part(tmp_path / "long.wav", start_seconds=20.0)
    assert (beyond.sound.seconds, beyond.start_seconds, beyond.file_seconds) == (0.0, 10.0, 10.0)


@pytest.mark.parametrize(
    ("kind", "subtype", "exact"),
    [
        ("WAV", "PCM_16", True), ("WAV", "PCM_24", True), ("WAV", "FLOAT", True),
        ("WAV", "ULAW", True), ("FLAC", "PCM_16", True), ("FLAC", "PCM_24", True),
        ("AIFF", "PCM_24", True), ("CAF", "PCM_16", True), ("RF64", "PCM_16", True),
        ("W64", "PCM_16", True), ("MP3", "MPEG_LAYER_III", False), ("OGG", "VORBIS", False),
    ],
)  # fmt: skip
def test_the_decoder_agrees_with_libsndfile(tmp_path, kind, subtype, exact):
    """Exactly for lossless formats, and without a delay for lossy ones."""
    samples = 0.4 * np.random.default_rng(1).uniform(-1, 1, (44_100, 2)).astype(np.float32)
    soundfile.write(tmp_path / "a", samples, 44_100, format=kind, subtype=subtype)
    known, _ = soundfile.read(tmp_path / "a", dtype="float32")
    heard = decode.load_part(tmp_path / "a").sound
    assert heard.samples.shape == known.T.shape
    np.testing.assert_allclose(heard.samples, known.T, atol=0 if exact else 1e-3)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("wanted", [1, 2])
@pytest.mark.parametrize("rate_hz", [8_000, 32_000, 44_100])
def test_sound_is_fitted_to_the_model(channels, wanted, rate_hz):
    """Rate and channels change; length and pitch stay the same."""
    fitted = fit(
        tone(2, channels=channels, rate_hz=rate_hz), sample_rate_hz=RATE_HZ, channels=wanted
    )
    assert fitted.sample_rate_hz == RATE_HZ
    assert fitted.samples.shape == (wanted, 2 * RATE_HZ)
    assert fitted.samples.dtype == np.float32
    assert fitted.samples.flags.c_contiguous
    middle = slice(RATE_HZ // 2, RATE_HZ)
    np.testing.assert_allclose(
        fitted.samples[:, middle], tone(2, channels=wanted).samples[:, middle], atol=0.01
    )


def test_mono_contains_both_channels():
    """It is their mean."""
    samples = np.array([[0.5, 0.5], [0.1, -0.3]], np.float32)
    fitted = fit(Sound(samples=samples, sample_rate_hz=RATE_HZ), sample_rate_hz=RATE_HZ, channels=1)
    np.testing.assert_allclose(fitted.samples, [[0.3, 0.1]], atol=1e-6)


@pytest.mark.parametrize("beyond", [1.5, 32_768.0, 1e30])
def test_sound_beyond_full_scale_is_turned_down(tmp_path, beyond):
    """A float file may hold any number: the wave keeps its shape, and its peak is full scale."""
    samples = tone(1).samples[0] / 0.5
    wav(tmp_path / "wild.wav", beyond * samples)
    heard = decode.load_part(tmp_path / "wild.wav").sound
    np.testing.assert_allclose(heard.samples[0], samples, atol=1e-3)
    wild = Sound(samples=beyond * samples[None], sample_rate_hz=RATE_HZ)
    fitted = fit(wild, sample_rate_hz=16_000, channels=2)
    np.testing.assert_allclose(fitted.samples[0], samples[::2], atol=0.02)
    assert np.abs(fitted.samples).max() <= 1.0


def claim_in_wav(data):
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 2**32 - 1)


def claim_in_flac(data):
    data[21] |= 0x0F
    data[22:26] = b"\xff" * 4


@pytest.mark.parametrize(("suffix", "claim"), [(".wav", claim_in_wav), (".flac", claim_in_flac)])
def test_the_length_in_a_header_is_not_trusted(tmp_path, suffix, claim):
    """A file that claims hours it doesn't have is read as far as it goes, in little memory."""
    path = tmp_path / f"claim{suffix}"
    encode.write(path, tone(1))
    data = bytearray(path.read_bytes())
    claim(data)
    path.write_bytes(data)
    assert end_of(path).seconds == pytest.approx(1, abs=0.01)
