"""Uploaded files: any sound is decoded at the model's rate, and its end is kept."""

from __future__ import annotations

import tempfile
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import psutil
import pytest

from bot.audio.untrusted import ffmpeg_decoder, reading, sniff
from bot.audio.untrusted.sandbox import Limits
from bot.audio.untrusted.uploads import Uploads
from bot.errors import SoundError
from tests.support.sound_files import (
    KINDS,
    RATE_HZ,
    as_file,
    from_ffmpeg,
    in_every_kind,
    lying_flac,
    noise,
    tone,
)


@pytest.fixture(scope="module")
def files():
    """Two seconds of a tone in every accepted kind."""
    return in_every_kind()


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder for temporary folders that no other test uses."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def heard(data, keep_seconds=30.0, channels=1, **options):
    reader = Uploads(sample_rate_hz=RATE_HZ, channels=channels, **options)
    return await reader.read(data, keep_seconds=keep_seconds)


def pitch_of(sound):
    spectrum = np.abs(np.fft.rfft(sound.samples[0] * np.hanning(sound.samples.shape[1])))
    return spectrum.argmax() * RATE_HZ / sound.samples.shape[1]


@pytest.mark.parametrize("decoder", ["the system's", "ours"])
@pytest.mark.parametrize("name", KINDS)
async def test_every_accepted_format_is_decoded(files, name, decoder):
    """At the model's rate and channels, with the system's ffmpeg and with the bundled one."""
    own = Path(imageio_ffmpeg.get_ffmpeg_exe()) if decoder == "ours" else None
    sound = await heard(files[name], ffmpeg=own)
    assert sound.sample_rate_hz == RATE_HZ
    assert sound.channels == 1
    assert sound.seconds == pytest.approx(2.0, abs=0.1)
    assert pitch_of(sound) == pytest.approx(440, abs=2)


async def test_the_end_of_a_long_file_is_kept():
    """It is what a clip continues."""
    times = np.arange(20 * RATE_HZ) / RATE_HZ
    tones = np.where(times < 15, np.sin(2 * np.pi * 300 * times), np.sin(2 * np.pi * 900 * times))
    sound = await heard(as_file(0.5 * tones, "FLAC"), keep_seconds=4.0)
    assert sound.seconds == 4.0
    assert pitch_of(sound) == pytest.approx(900, abs=2)


async def test_a_stereo_model_gets_both_channels():
    """Left stays left; a mono file is on both channels."""
    left = np.column_stack([noise()[:, 0], np.zeros(RATE_HZ)])
    sound = await heard(as_file(left), channels=2)
    assert np.abs(sound.samples[0]).max() > 0.4
    assert not sound.samples[1].any()
    sound = await heard(as_file(noise()), channels=2)
    assert (sound.samples[0] == sound.samples[1]).all()


async def test_resampling_adds_no_audible_artifacts():
    """A tone above half the model's rate is not folded to a lower one."""
    times = np.arange(2 * 96_000) / 96_000
    low, high = np.sin(2 * np.pi * 1000 * times), np.sin(2 * np.pi * 20_000 * times)
    sound = await heard(as_file(0.3 * (low + high), rate_hz=96_000, subtype="FLOAT"))
    middle = sound.samples[0][RATE_HZ // 2 : -RATE_HZ // 2]
    spectrum = np.abs(np.fft.rfft(middle * np.blackman(len(middle))))
    hertz = np.fft.rfftfreq(len(middle), 1 / RATE_HZ)
    alias = spectrum[np.abs(hertz - 12_000) < 500].max()
    assert alias < spectrum.max() / 1000


@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 7, 8, 12, 16, 64])
@pytest.mark.parametrize("wanted", [1, 2])
async def test_downmixing_averages_the_channels(count, wanted):
    """A signal in any number of channels keeps its level, and nothing clips."""
    square = np.sign(np.sin(2 * np.pi * 50 * np.arange(RATE_HZ) / RATE_HZ)) * 0.99
    sound = await heard(as_file(np.repeat(square[:, None], count, axis=1)), channels=wanted)
    assert sound.channels == wanted
    for side in sound.samples:
        np.testing.assert_allclose(side, square, atol=1e-3)


async def test_opposite_phase_channels_do_not_cancel_out():
    """One channel is taken; a wrongly wired mono recording is like that."""
    left = noise()[:, 0]
    sound = await heard(as_file(np.column_stack([left, -left])))
    np.testing.assert_allclose(np.abs(sound.samples[0]), np.abs(left), atol=1e-3)
    sound = await heard(as_file(np.column_stack([left, -left])), channels=2)
    np.testing.assert_allclose(sound.samples[0], -sound.samples[1], atol=1e-3)


async def test_surround_channels_stay_left_or_right():
    """Front and back left are on the left; the centre is on both."""
    one = noise()[:, 0]
    silent = np.zeros_like(one)
    # Left, right, centre, low, back left, back right.
    data = as_file(np.column_stack([one, silent, silent, silent, one, silent]), "FLAC")
    sound = await heard(data, channels=2)
    np.testing.assert_allclose(sound.samples[0], one / 2, atol=1e-3)
    assert not sound.samples[1].any()


@pytest.mark.parametrize("peak", [2.0, 30_000.0])
async def test_floats_beyond_full_scale_are_scaled_down(peak):
    """The wave keeps its shape."""
    wave = np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)
    sound = await heard(as_file(peak * wave, subtype="FLOAT"))
    np.testing.assert_allclose(sound.samples[0], wave, atol=1e-3)


async def test_only_the_audio_of_a_video_is_decoded():
    """Neither a video's pictures nor a song's cover are decoded."""
    picture = ["-f", "lavfi", "-i", "testsrc=duration=2:size=64x64:rate=5"]
    film = from_ffmpeg(*picture, *tone(), "-c:v", "mpeg4", "-c:a", "aac", "-f", "mp4")
    # One frame: ffmpeg 7 would end the sound with `-frames:v 1`, too.
    front = ["-f", "lavfi", "-i", "testsrc=duration=0.2:size=64x64:rate=5"]
    cover = ["-map", "1:a", "-map", "0:v", "-c:v", "mjpeg"]
    cover += ["-disposition:v", "attached_pic", "-f", "mp3"]
    for data in (film, from_ffmpeg(*front, *tone(), *cover)):
        sound = await heard(data)
        assert sound.seconds == pytest.approx(2.0, abs=0.1)
        assert pitch_of(sound) == pytest.approx(440, abs=2)


async def test_files_without_an_audio_track_are_refused():
    """A video without sound has its own sentence."""
    picture = ["-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=5"]
    for kind in ("mp4", "matroska"):
        with pytest.raises(SoundError, match="There is no sound in this file"):
            await heard(from_ffmpeg(*picture, "-c:v", "mpeg4", "-f", kind))


@pytest.mark.parametrize("tracks", [2, 1000])
async def test_the_first_of_several_audio_tracks_is_decoded(tracks):
    """A thousand other tracks are not decoded."""
    others = ["-map", "1:a"] * (tracks - 1)
    both = [*tone(0.5, 440), *tone(0.5, 900), "-map", "0:a", *others]
    sound = await heard(from_ffmpeg(*both, "-c:a", "pcm_s16le", "-f", "matroska"))
    assert sound.seconds == pytest.approx(0.5, abs=0.05)
    assert pitch_of(sound) == pytest.approx(440, abs=4)


async def test_rare_codecs_are_refused():
    """Only a few of ffmpeg's hundreds of codecs are allowed."""
    for codec, kind in (("ac3", "mp4"), ("wmav2", "matroska"), ("adpcm_swf", "wav")):
        data = from_ffmpeg(*tone(), "-ar", "44100", "-c:a", codec, "-f", kind)
        with pytest.raises(SoundError, match="in a format that I can't read"):
            await heard(data)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("share", [1, 1000])
async def test_nan_samples_are_refused(value, share):
    """One in a thousand is enough, as it would spoil the whole clip."""
    samples = noise()[:, 0]
    samples[::share] = value
    with pytest.raises(SoundError, match=str(reading.NOT_NUMBERS)):
        await heard(as_file(samples, subtype="FLOAT"))


@pytest.mark.parametrize("rate_hz", [RATE_HZ, 44_100])
@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(2 * RATE_HZ),
        np.ones(2 * RATE_HZ) * 0.999,
        -np.ones(2 * RATE_HZ),
        np.ones((2 * RATE_HZ, 2)) * [0.5, -0.5],
        np.random.default_rng(1).uniform(-3e-5, 3e-5, 2 * RATE_HZ),
    ],
    ids=["nothing", "the most", "the least", "one on each side", "dither"],
)
async def test_silence_is_refused_before_the_model_runs(samples, rate_hz):
    """Any constant value counts as silence, as does dither."""
    with pytest.raises(SoundError, match="Only silence can be heard"):
        await heard(as_file(samples, subtype="PCM_24", rate_hz=rate_hz))


async def test_quiet_audio_is_not_refused_as_silence():
    """Neither a recording at -60 dB nor a single click."""
    quiet = noise() * 0.002
    click = np.zeros(10 * RATE_HZ)
    click[5 * RATE_HZ] = 0.9
    for samples in (quiet, click):
        assert (await heard(as_file(samples, subtype="PCM_24"))).samples.any()


@pytest.mark.parametrize("kind", ["FLAC", "MP3"])
async def test_the_end_of_a_very_long_file_is_its_true_end(kind):
    """Not the end of its first ten minutes."""
    samples = np.zeros(610 * 8000, np.int16)
    samples[::20_000] = 20_000
    samples[-5 * 8000 :] = (10_000 * np.sin(np.arange(5 * 8000) / 10)).astype(np.int16)
    data = as_file(samples, kind, rate_hz=8000)
    assert len(data) < 2_500_000
    sound = await heard(data, keep_seconds=4.0)
    assert sound.seconds == pytest.approx(4.0, abs=0.01)
    middle = sound.samples[0][RATE_HZ:-RATE_HZ]
    assert np.sqrt((middle**2).mean()) == pytest.approx(10_000 / 2**15 / np.sqrt(2), rel=0.02)


async def test_sound_before_a_long_silence_is_found(place):
    """If a long file ends with minutes of silence, the sound before it is kept."""
    samples = np.zeros(610 * 8000, np.int16)
    samples[: 100 * 8000] = (10_000 * np.sin(np.arange(100 * 8000) / 10)).astype(np.int16)
    sound = await heard(as_file(samples, "FLAC", rate_hz=8000), keep_seconds=4.0)
    assert sound.seconds == pytest.approx(4.0, abs=0.01)
    assert np.sqrt((sound.samples**2).mean()) > 0.2


async def test_much_silence_in_a_small_file_is_refused():
    """With a bounded amount of memory."""
    data = as_file(np.zeros(1200 * 8000, np.int16), "FLAC", rate_hz=8000)
    assert len(data) < 40_000
    before = psutil.Process().memory_info().rss
    with pytest.raises(SoundError, match="Only silence"):
        await heard(data, keep_seconds=10.0)
    assert psutil.Process().memory_info().rss - before < 50 * 2**20


@pytest.mark.parametrize("tail_seconds", [0.3, 0.7, 3.0, 40.0])
@pytest.mark.parametrize("line", [0.0, 0.25])
async def test_a_silent_tail_is_left_out(tail_seconds, line):
    """The end of the sound is kept; a silence as short as a rest belongs to the music."""
    samples = np.r_[noise(3.0)[:, 0], np.full(round(tail_seconds * RATE_HZ), 0.0)] + line
    sound = await heard(as_file(0.5 * samples, subtype="FLOAT"), keep_seconds=2.0)
    assert sound.seconds == pytest.approx(2.0, abs=0.01)
    swings = np.ptp(sound.samples[0][: -RATE_HZ // 2].reshape(-1, RATE_HZ // 10), axis=1)
    assert (swings > 0.3).all()
    rest = np.ptp(sound.samples[0][-RATE_HZ // 5 :])
    assert (rest < 0.01) == (tail_seconds == 0.3)


async def test_a_false_length_in_a_header_allocates_no_memory():
    """The file has 209 bytes and claims 400 hours."""
    assert len(lying_flac()) == 209
    before = psutil.Process().memory_info().rss
    with pytest.raises(SoundError, match="damaged|no sound"):
        await heard(lying_flac())
    assert psutil.Process().memory_info().rss - before < 50 * 2**20


async def test_tags_of_an_upload_are_dropped(caplog, place):
    """Texts inside a file are not logged, and no file is named after them."""
    tags = ["-metadata", "title=$(touch pwned); `id` ../../x", "-metadata", "artist=\x1b[31mred\n"]
    data = from_ffmpeg(*tone(), *tags, "-f", "mp3")
    assert b"pwned" in data
    caplog.set_level("DEBUG", logger="bot")
    await heard(data)
    with pytest.raises(SoundError):
        await heard(data[:200] + bytes(3000))
    assert "pwned" not in caplog.text
    assert "\x1b" not in caplog.text
    assert list(place.iterdir()) == []


def test_the_decoder_s_command_has_no_untrusted_text():
    """The file is always named `sound` in its folder, whatever its name was."""
    decoding = ffmpeg_decoder.Decoding(demuxer="mp3", sample_rate_hz=RATE_HZ, max_seconds=600.0)
    command = ffmpeg_decoder._build_command(decoding, Limits(), None)
    assert command[command.index("-i") + 1] == "file:sound"
    assert command[command.index("-f") + 1] == "mp3"
    assert command[command.index("-format_whitelist") + 1] == "mp3"
    assert command.index("-t") < command.index("-i")


def test_a_decoder_that_may_choose_chooses_among_the_accepted_kinds():
    """If the format is not recognised, only the accepted demuxers are allowed."""
    decoding = ffmpeg_decoder.Decoding(demuxer=None, max_seconds=600.0)
    command = ffmpeg_decoder._build_command(decoding, Limits(), None)
    assert command[command.index("-format_whitelist") + 1].split(",") == list(sniff.DEMUXERS)
    assert "-f" not in command[: command.index("-i")]


async def test_the_start_of_a_file_is_kept_from_where_it_sounds():
    """Leading silence is left out; silence alone is refused."""
    times = np.arange(3 * RATE_HZ) / RATE_HZ
    tones = [0.3 * np.sin(2 * np.pi * hertz * times) for hertz in (300, 700)]
    data = as_file(np.concatenate([np.zeros(RATE_HZ), *tones]))
    reader = Uploads(sample_rate_hz=RATE_HZ, channels=1)
    sound = await reader.read_start(data, keep_seconds=2.0)
    assert sound.seconds == pytest.approx(2.0, abs=0.01)
    assert pitch_of(sound) == pytest.approx(300, abs=2)
    with pytest.raises(SoundError, match="Only silence"):
        await reader.read_start(as_file(np.zeros(RATE_HZ)), keep_seconds=2.0)
