"""Clips as files: the lossless master, and the file that is posted."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from PIL import Image

from bot.audio.editing.crossfade import fade
from bot.audio.files import post
from bot.audio.files.codes import pack_codes as packed_codes
from bot.audio.files.formats import FORMATS, encode
from bot.audio.files.masters import read_master, write_master
from bot.audio.files.picture import (
    HEIGHT,
    SPECTROGRAM_HEIGHT,
    WIDTH,
    levels,
    spectrogram_png,
    waveform_png,
)
from bot.audio.files.tags import read_codes, read_tags, to_json, write_tags
from bot.domain.clips import Tags
from bot.domain.generation import Codes, Sound
from bot.errors import OutputError, SoundError

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
def test_a_clip_is_posted_as_tagged_mp3(channels):
    """It can be decoded, and its tags have the prompt, seed, model and parents."""
    sound = sound_of(channels=channels)
    encoded = post.encode_for_post(sound, max_bytes=10**7, tags=TAGS)
    assert encoded.suffix == ".mp3"
    samples, rate_hz = soundfile.read(io.BytesIO(encoded.data), always_2d=True)
    assert (rate_hz, samples.shape[1]) == (RATE_HZ, channels)
    assert len(samples) / rate_hz == pytest.approx(4.0, abs=0.1)
    found = read_tags(encoded.data)
    assert (found.seed, found.model, found.parent_ids, found.clip_id) == (7, "starter", (3, 4), 9)
    assert found.prompt == "90s rock摇滚"


def test_a_smaller_limit_makes_a_smaller_file():
    """Quality is lowered step by step; if nothing fits, a sentence is the answer."""
    sound = sound_of(4.0)
    sizes = []
    limit = 10**7
    while True:
        try:
            encoded = post.encode_for_post(sound, max_bytes=limit, tags=TAGS)
        except OutputError as error:
            assert str(error.sentence) == str(post.NOTHING_FITS)
            break
        assert len(encoded.data) <= limit
        assert read_tags(encoded.data).seed == 7
        sizes.append(len(encoded.data))
        limit = len(encoded.data) - 1
    assert len(sizes) >= 3
    assert sizes == sorted(sizes, reverse=True)


def test_a_clip_neither_clicks_nor_clips():
    """It is faded at both ends and unchanged between."""
    sound = sound_of(1.0)
    samples = fade(sound).samples
    assert samples[0, 0] == 0
    assert samples[0, -1] == 0
    middle = slice(RATE_HZ // 4, RATE_HZ // 2)
    assert np.array_equal(sound.samples[0, middle], samples[0, middle])


def test_nan_samples_are_not_posted():
    """They are a defect of the engine, and are refused with a sentence."""
    broken = Sound(samples=np.full((1, RATE_HZ), np.nan, np.float32), sample_rate_hz=RATE_HZ)
    with pytest.raises(OutputError, match="invalid numbers"):
        post.encode_for_post(broken, max_bytes=10**7, tags=TAGS)


def test_the_master_is_kept_without_loss(tmp_path):
    """It has sixteen bits, and no temporary file is left."""
    sound = sound_of(channels=2)
    write_master(tmp_path / "1.flac", sound)
    again = read_master(tmp_path / "1.flac")
    assert np.abs(again.samples - sound.samples).max() < 1e-4
    assert [path.name for path in tmp_path.iterdir()] == ["1.flac"]


def test_a_failed_master_write_leaves_no_file(tmp_path):
    """The sentence says that nothing was charged."""
    with pytest.raises(OutputError, match="Nothing was charged"):
        write_master(tmp_path / "missing" / "1.flac", sound_of())
    assert list(tmp_path.iterdir()) == []


def test_a_missing_master_is_reported(tmp_path):
    """A clip whose sound was deleted can't be continued."""
    with pytest.raises(SoundError, match="not kept any more"):
        read_master(tmp_path / "1.flac")


@pytest.mark.parametrize("kind", FORMATS.values(), ids=FORMATS)
def test_tags_are_read_back_from_every_kind(kind):
    """A file that was not tagged has none."""
    data = encode(sound_of(1.0), kind)
    assert read_tags(data) is None
    found = read_tags(write_tags(data, kind.suffix, TAGS))
    assert found is not None
    assert to_json(found) == to_json(TAGS)
    samples, _ = soundfile.read(io.BytesIO(write_tags(data, kind.suffix, TAGS)))
    assert len(samples) > 0


@pytest.mark.parametrize("kind", FORMATS)
def test_the_configured_format_is_posted_if_it_fits(kind):
    """Otherwise a smaller format is posted."""
    style = post.Style(format=kind)
    sound = sound_of(7.0)
    first = post.encode_for_post(sound, max_bytes=10**8, tags=TAGS, style=style)
    assert first.suffix == FORMATS[kind].suffix
    small = post.encode_for_post(sound, max_bytes=21_000, tags=TAGS, style=style)
    assert len(small.data) <= 21_000
    assert small.suffix == ".opus"
    assert read_tags(small.data).seed == 7


@pytest.mark.parametrize(
    "tags", [b'{"seed": "x"}', b"[1]", b'{"seed": 1, "model": 2, "kind": 3, "parent_ids": 7}', b"{"]
)
def test_foreign_tags_are_ignored(tags):
    """Invalid content under our tag's name gives no tags."""
    data = write_tags(encode(sound_of(1.0), FORMATS["flac"]), ".flac", TAGS)
    ours = to_json(TAGS).encode()
    forged = data.replace(ours, tags + b" " * (len(ours) - len(tags)))
    assert forged != data
    assert read_tags(forged) is None


@pytest.mark.parametrize("data", [b"", b"ID3", b"\x00" * 1000, b"fLaC" + bytes(50)])
def test_other_files_have_no_tags(data):
    """Whatever their bytes are, there is no error."""
    assert read_tags(data) is None


@pytest.mark.parametrize("seconds", [0.01, 1.0, 60.0])
def test_the_picture_shows_where_it_is_loud(seconds):
    """A PNG of one size for any length, small enough for every post."""
    image = Image.open(io.BytesIO(waveform_png(sound_of(seconds))))
    assert image.size == (WIDTH, HEIGHT)
    assert len(waveform_png(sound_of(seconds))) < 20_000


@pytest.mark.parametrize("seconds", [0.01, 1.0, 60.0])
def test_the_spectrogram_shows_the_frequencies(seconds):
    """It has one size for any length; a tone is brightest at its frequency."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tone = Sound(
        samples=np.sin(2 * np.pi * 1000 * times).astype(np.float32)[None], sample_rate_hz=RATE_HZ
    )
    image = Image.open(io.BytesIO(spectrogram_png(tone))).convert("L")
    assert image.size == (WIDTH, SPECTROGRAM_HEIGHT)
    column = np.asarray(image)[:, WIDTH // 2]
    low, high = np.log(50), np.log(12_000)
    expected = (high - np.log(1000)) / (high - low) * SPECTROGRAM_HEIGHT
    assert abs(int(column.argmax()) - expected) < 8


def test_silence_has_a_spectrogram():
    """Its picture is dark."""
    silence = Sound(samples=np.zeros((2, RATE_HZ), np.float32), sample_rate_hz=RATE_HZ)
    image = Image.open(io.BytesIO(spectrogram_png(silence))).convert("L")
    assert np.median(np.asarray(image)) < 64


def test_levels_follow_the_sound():
    """The loud half is high, the silent half zero; silence is no error."""
    samples = np.concatenate([np.ones(RATE_HZ), np.zeros(RATE_HZ)]).astype(np.float32)[None]
    found = levels(Sound(samples=samples, sample_rate_hz=RATE_HZ), 10)
    assert list(found[:5]) == [1.0] * 5
    assert list(found[5:]) == [0.0] * 5
    silence = Sound(samples=np.zeros((1, RATE_HZ), np.float32), sample_rate_hz=RATE_HZ)
    assert not levels(silence, 10).any()


def test_stems_have_one_format_and_add_up():
    """They share a format and a gain, carry their name, and fit into the limit together."""
    random = np.random.default_rng(1)
    stems = {
        name: Sound(
            samples=(scale * random.standard_normal((1, 96_000))).astype(np.float32),
            sample_rate_hz=32_000,
        )
        for name, scale in (("drums", 0.05), ("bass", 0.01))
    }
    mix = Sound(samples=sum_of(stems), sample_rate_hz=32_000)
    wav = post.Style(format="wav")
    files = post.encode_stems(mix, stems, max_bytes=10**7, tags=TAGS, style=wav)
    assert {each.suffix for each in files.values()} == {".wav"}
    gains = []
    for name, file in files.items():
        found = read_tags(file.data)
        assert found is not None and found.stem == name
        heard, _ = soundfile.read(io.BytesIO(file.data), dtype="float32")
        middle, before = heard[2_000:-2_000], stems[name].samples[0, 2_000:-2_000]
        gains.append(float(middle @ before / (before @ before)))
    assert gains[0] == pytest.approx(gains[1], rel=1e-2)
    for limit in (200_000, 60_000):
        files = post.encode_stems(mix, stems, max_bytes=limit, tags=TAGS, style=wav)
        assert sum(len(each.data) for each in files.values()) <= limit
        assert len({each.suffix for each in files.values()}) == 1
    with pytest.raises(OutputError):
        post.encode_stems(mix, stems, max_bytes=1_000, tags=TAGS)


def sum_of(stems):
    return np.sum([each.samples for each in stems.values()], axis=0)


def test_codes_are_embedded_if_they_are_small():
    """If the limit is small, it is used for the sound alone."""
    sound = sound_of()
    short = Codes(tokens=np.zeros((8, 500), np.int32), fingerprint="00" * 8)
    large = post.encode_for_post(sound, max_bytes=10**7, tags=TAGS, codes=short)
    assert read_codes(io.BytesIO(large.data)) is not None
    noise = np.random.default_rng(1).integers(0, 2048, (8, 5_000), dtype=np.int32)
    long = Codes(tokens=noise, fingerprint="00" * 8)
    small = post.encode_for_post(sound, max_bytes=100_000, tags=TAGS, codes=long)
    assert read_codes(io.BytesIO(small.data)) is None
    assert read_tags(small.data) is not None


def test_codes_are_stored_in_the_clip_s_file(tmp_path):
    """The master with codes has the same samples as without."""
    sound = sound_of(channels=2)
    codes = Codes(tokens=np.arange(8_000, dtype=np.int32).reshape(8, 1000), fingerprint="0a" * 8)
    write_master(tmp_path / "with.flac", sound, packed_codes(codes))
    write_master(tmp_path / "without.flac", sound)
    with (tmp_path / "with.flac").open("rb") as file:
        found = read_codes(file)
    assert found is not None
    assert np.array_equal(found.tokens, codes.tokens)
    assert found.fingerprint == codes.fingerprint
    heard = [read_master(tmp_path / f"{name}.flac") for name in ("with", "without")]
    assert np.array_equal(heard[0].samples, heard[1].samples)
