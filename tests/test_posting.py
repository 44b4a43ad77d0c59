"""Clips as files: the one that is kept without loss, and the one that is posted."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from PIL import Image

from bot.audio import posting
from bot.audio.picture import HEIGHT, WIDTH, levels, waveform_png
from bot.audio.tags import Tags, read_tags, tagged
from bot.errors import OutputError, SoundError
from bot.jobs import Sound

RATE_HZ = 32_000
TAGS = Tags(
    prompt="90s rock\x00\n摇滚", seed=7, model="starter", kind="remix", parent_ids=(3, 4), clip_id=9
)


def sound_of(seconds=4.0, *, channels=1, loudness=0.5):
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(0).normal(size=len(times)) * 0.1
    tone = loudness * np.sin(2 * np.pi * 220 * times) + loudness * noise
    samples = np.repeat(tone[None], channels, axis=0).astype(np.float32)
    return Sound(samples=samples, sample_rate_hz=RATE_HZ)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_clip_is_posted_as_mp3_that_tells_how_it_was_made(channels):
    """It plays everywhere, and its tags say that a machine made it, and from what."""
    sound = sound_of(channels=channels)
    encoded = posting.encode_for_post(sound, max_bytes=10**7, tags=TAGS)
    assert encoded.suffix == ".mp3"
    samples, rate_hz = soundfile.read(io.BytesIO(encoded.data), always_2d=True)
    assert (rate_hz, samples.shape[1]) == (RATE_HZ, channels)
    assert len(samples) / rate_hz == pytest.approx(4.0, abs=0.1)
    found = read_tags(encoded.data)
    assert (found.seed, found.model, found.parent_ids, found.clip_id) == (7, "starter", (3, 4), 9)
    assert found.prompt == "90s rock摇滚"


def test_a_smaller_limit_makes_a_smaller_file():
    """Quality goes down step by step; what can't be made to fit is told in a sentence."""
    sound = sound_of(10.0)
    sizes = []
    limit = 10**7
    while True:
        try:
            encoded = posting.encode_for_post(sound, max_bytes=limit, tags=TAGS)
        except OutputError as error:
            assert error.sentence == posting.NOTHING_FITS
            break
        assert len(encoded.data) <= limit
        assert read_tags(encoded.data).seed == 7
        sizes.append(len(encoded.data))
        limit = len(encoded.data) - 1
    assert len(sizes) >= 3
    assert sizes == sorted(sizes, reverse=True)


def test_a_clip_neither_clicks_nor_clips():
    """It rises and falls, and a peak beyond full scale turns the whole clip down."""
    sound = sound_of(1.0, loudness=2.0)
    samples = posting.faded(sound)
    assert samples[0, 0] == 0
    assert samples[0, -1] == 0
    assert np.abs(samples).max() <= 1.0
    middle = slice(RATE_HZ // 4, RATE_HZ // 2)
    ratio = sound.samples[0, middle] / samples[0, middle]
    assert np.ptp(ratio) < 1e-3


def test_numbers_that_are_none_are_not_posted():
    """A defect of the engine is told, not played."""
    broken = Sound(samples=np.full((1, RATE_HZ), np.nan, np.float32), sample_rate_hz=RATE_HZ)
    with pytest.raises(OutputError, match="invalid numbers"):
        posting.encode_for_post(broken, max_bytes=10**7, tags=TAGS)


def test_the_master_is_kept_without_loss(tmp_path):
    """Sixteen bits, whole under its name or not there."""
    sound = sound_of(channels=2)
    posting.write_master(tmp_path / "1.flac", sound)
    again = posting.read_master(tmp_path / "1.flac")
    assert np.abs(again.samples - sound.samples).max() < 1e-4
    assert [path.name for path in tmp_path.iterdir()] == ["1.flac"]


def test_a_master_that_can_not_be_written_leaves_nothing(tmp_path):
    """The sentence says that nothing was charged; no half a file is there."""
    with pytest.raises(OutputError, match="Nothing was charged"):
        posting.write_master(tmp_path / "missing" / "1.flac", sound_of())
    assert list(tmp_path.iterdir()) == []


def test_a_master_that_is_gone_is_told(tmp_path):
    """A clip whose sound was deleted can't be gone on from."""
    with pytest.raises(SoundError, match="not kept any more"):
        posting.read_master(tmp_path / "1.flac")


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg"])
def test_tags_are_read_back_from_every_kind(suffix):
    """From any of our files; of another's there is nothing to tell."""
    kinds = {".mp3": "MP3", ".flac": "FLAC", ".ogg": "OGG"}
    file = io.BytesIO()
    soundfile.write(file, sound_of(1.0).samples.T, RATE_HZ, format=kinds[suffix])
    assert read_tags(file.getvalue()) is None
    assert read_tags(tagged(file.getvalue(), suffix, TAGS)).written() == TAGS.written()


@pytest.mark.parametrize("data", [b"", b"ID3", b"\x00" * 1000, b"fLaC" + bytes(50)])
def test_tags_of_anything_else_are_none(data):
    """Any bytes may be asked about."""
    assert read_tags(data) is None


@pytest.mark.parametrize("seconds", [0.01, 1.0, 60.0])
def test_the_picture_shows_where_it_is_loud(seconds):
    """A PNG of one size whatever the length, small enough to go with every clip."""
    image = Image.open(io.BytesIO(waveform_png(sound_of(seconds))))
    assert image.size == (WIDTH, HEIGHT)
    assert len(waveform_png(sound_of(seconds))) < 20_000


def test_levels_follow_the_sound():
    """The loud half is high, the silent one low; silence itself is no error."""
    samples = np.concatenate([np.ones(RATE_HZ), np.zeros(RATE_HZ)]).astype(np.float32)[None]
    found = levels(Sound(samples=samples, sample_rate_hz=RATE_HZ), 10)
    assert list(found[:5]) == [1.0] * 5
    assert list(found[5:]) == [0.0] * 5
    silence = Sound(samples=np.zeros((1, RATE_HZ), np.float32), sample_rate_hz=RATE_HZ)
    assert not levels(silence, 10).any()
