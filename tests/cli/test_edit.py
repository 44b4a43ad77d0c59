"""`zhiyin edit`, by its command line."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from bot.audio.ffmpeg import find_ffmpeg
from bot.audio.files import encode
from bot.audio.files.codes import pack_codes
from bot.audio.files.edited_metadata import Source, edited_fields, read_source
from bot.audio.files.fields import SEVERAL, Cover, read_cover, read_fields, write_fields
from bot.audio.files.formats import BY_SUFFIX
from bot.audio.files.tags import MADE_BY, find_tags, read_tags
from bot.cli.app import main
from bot.domain.clips import Tags
from bot.domain.generation import Codes, Sound

RATE_HZ = 32_000


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    times = np.arange(8 * RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(1).normal(size=len(times))
    for name, period, gain in (("a.wav", 0.5, 0.3), ("b.wav", 0.5, 0.05)):
        accents = np.where(times % (4 * period) < period, 1.0, 0.5)
        samples = gain * accents * noise * np.exp(-30 * (times % period))
        soundfile.write(name, samples, RATE_HZ)
    return tmp_path


def length(name):
    return soundfile.info(name).duration


def test_a_file_is_cut_at_its_beats(capsys):
    """At the beats nearest to the given times."""
    assert main(["edit", "a.wav", "--from", "1.1", "--to", "4.9", "-o", "out.wav"]) == 0
    assert length("out.wav") == pytest.approx(4.0, abs=0.03)
    assert capsys.readouterr().out.startswith("out.wav: 4.0 s")


def test_two_files_are_joined_on_a_beat():
    """With equal loudness, in time, and shorter than both by the crossfade."""
    assert main(["edit", "a.wav", "b.wav", "--crossfade", "1", "-o", "out.flac"]) == 0
    samples, _ = soundfile.read("out.flac")
    assert 13.9 <= len(samples) / RATE_HZ <= 15.1
    halves = [np.sqrt((part**2).mean()) for part in np.array_split(samples, 2)]
    assert halves[0] / halves[1] == pytest.approx(1.0, abs=0.4)


def test_a_file_becomes_a_loop():
    """Of whole bars."""
    assert main(["edit", "a.wav", "--loop", "-o", "out.wav"]) == 0
    bars = length("out.wav") / 2.0
    assert bars == pytest.approx(round(bars), abs=0.01)
    assert round(bars) in (2, 4)


def test_two_files_are_mixed(place, capsys):
    """One over the other, nothing cut off; summary and tags describe the mix."""
    encode.write(place / "one.flac", sound_of("a.wav", 6.0), TAGS)
    assert main(["edit", "b.wav", "one.flac", "--mix", "-o", "mix.flac"]) == 0
    assert "tempo times 1.000" in capsys.readouterr().out
    assert 8.0 <= length("mix.flac") <= 10.0  # to the bar line after the end of the first
    assert read_tags((place / "mix.flac").read_bytes()).kind == "mix"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.wav", "b.wav", "a.wav"], "Two files can be joined"),
        (["a.wav", "--from", "5", "--to", "3"], "nothing between"),
        (["a.wav", "b.wav", "--crossfade", "99"], "from 0 to 30"),
        (["a.wav", "--mix"], "two files"),
        (["a.wav", "b.wav", "--mix", "--from", "0"], "two files as they are"),
        (["a.wav", "b.wav", "--mix", "--to", "0"], "two files as they are"),
        (["missing.wav"], "missing.wav"),
        (["a.wav", "missing.wav"], "missing.wav"),
    ],
)
def test_impossible_edits_give_one_sentence(place, capsys, arguments, sentence):
    """And no file is left."""
    assert main(["edit", *arguments, "-o", "out.wav"]) == 1
    assert sentence in capsys.readouterr().err
    assert not (place / "out.wav").exists()


TAGS = Tags(
    prompt="90s rock", seed=7, model="starter", kind="music", clip_id=9, bpm=120.0, key="C major",
    loops=True,
)  # fmt: skip
OTHER = Tags(prompt="jazz", seed=8, model="starter", kind="random", parent_ids=(3,))


def sound_of(name, seconds=8.0):
    samples, rate_hz = soundfile.read(name, dtype="float32", always_2d=True)
    frames = round(seconds * rate_hz)
    return Sound(samples=samples[:frames].T, sample_rate_hz=rate_hz)


def fields_of(name):
    with open(name, "rb") as file:
        return read_fields(file)


def test_an_edited_clip_keeps_its_tags(place):
    """Across formats; its codes, which no longer fit, are left out."""
    codes = pack_codes(Codes(tokens=np.zeros((4, 9), np.int32), fingerprint="0a" * 8))
    encode.write(place / "clip.mp3", sound_of("a.wav"), TAGS, codes)
    main(["edit", "clip.mp3", "-o", "whole.wav"])
    main(["edit", "clip.mp3", "--to", "4", "-o", "cut.flac"])
    main(["edit", "a.wav", "--loop", "-o", "none.ogg"])
    whole, cut = (read_tags((place / name).read_bytes()) for name in ("whole.wav", "cut.flac"))
    assert (whole, cut) == (TAGS, replace(TAGS, loops=False))
    assert read_tags((place / "none.ogg").read_bytes()) is None
    assert not {"zhiyin_codes"} & fields_of("whole.wav").keys()
    assert fields_of("cut.flac")["comment"] == MADE_BY


def test_a_join_is_tagged_with_its_sources(place):
    """Both prompts and both clips; one clip of ours is enough for the mark of generated sound."""
    encode.write(place / "one.flac", sound_of("a.wav", 3.0), TAGS)
    encode.write(place / "two.opus", sound_of("b.wav", 3.0), OTHER)
    main(["edit", "one.flac", "two.opus", "-o", "both.mp3"])
    found = read_tags((place / "both.mp3").read_bytes())
    assert found == replace(
        TAGS, prompt="90s rock / jazz", kind="join", parent_ids=(9, 3), clip_id=None, loops=False
    )
    half = edited_fields([OWN, fields_of("two.opus")], loops=False, is_whole=True)
    assert find_tags({name.lower(): value for name, value in half.items()}).prompt == "jazz"
    assert {name: half[name] for name in OWN} == OWN
    silent = edited_fields([{}, fields_of("two.opus")], loops=False, is_whole=True)
    assert silent["comment"] == MADE_BY


OWN = {
    "title": "Mine", "artist": f"Ann{SEVERAL}Bob", "album": "摇滚", "track": "3/12", "year": "1999",
    "comment": "by hand", "composer": "Ann", "genre": "Rock", "mood": "calm", "isrc": "X1",
}  # fmt: skip


@pytest.mark.parametrize("suffix", BY_SUFFIX)
def test_an_edited_file_keeps_its_metadata(place, suffix):
    """Title, custom fields and cover; not measurements of the original sound."""
    measured = {"replaygain_track_gain": "-3 dB", "TLEN": "8000", "binary": "a\x01\x02"}
    cover = Cover("image/png", b"\x89PNG" + bytes(100_000))
    data = write_fields((place / "a.wav").read_bytes(), ".wav", OWN | measured, cover)
    (place / "own.wav").write_bytes(data)
    main(["edit", "own.wav", "--to", "3", "-o", f"out{suffix}"])
    assert fields_of(f"out{suffix}") == OWN
    with open(f"out{suffix}", "rb") as file:
        assert read_cover(file) == cover
    assert length(f"out{suffix}") == pytest.approx(3.0, abs=0.05)


@pytest.mark.parametrize(
    ("before", "suffix", "after"),
    [
        ("PCM_16", ".wav", "PCM_16"),
        ("PCM_24", ".wav", "PCM_24"),
        ("PCM_24", ".flac", "PCM_24"),
        ("PCM_32", ".wav", "PCM_32"),
        ("FLOAT", ".wav", "FLOAT"),
        ("FLOAT", ".flac", "PCM_24"),
        ("DOUBLE", ".wav", "FLOAT"),
    ],
)
def test_editing_keeps_bit_depth_and_level(place, before, suffix, after):
    """Also of soft files: an edit does not change the level."""
    soft = 0.001 * sound_of("a.wav").samples[0]
    soundfile.write("fine.wav", soft, RATE_HZ, subtype=before)
    main(["edit", "fine.wav", "-o", f"out{suffix}"])
    assert soundfile.info(f"out{suffix}").subtype == after
    heard = sound_of(f"out{suffix}").samples[0]
    gain = float(heard[: len(soft)] @ soft / (soft @ soft))
    assert gain == pytest.approx(1.0, abs=0.05)
    if after != "PCM_16":
        assert np.abs(heard - soft).max() < 2**-22


@pytest.mark.parametrize(
    ("codec", "depth"), [(["alac", "-sample_fmt", "s32p"], "PCM_24"), (["aac"], "PCM_16")]
)
def test_the_depth_of_an_mp4_is_known(place, codec, depth):
    """Lossless sound has one there too."""
    command = [str(find_ffmpeg()), "-v", "error", "-i", "a.wav", "-t", "0.2", "-c:a", *codec]
    subprocess.run([*command, "a.m4a"], cwd=place, check=True)
    assert read_source(place / "a.m4a").sample_format == depth
    assert read_source(place / "missing.m4a") == Source()


def test_the_level_survives_lossy_formats(place):
    """A soft tone stays soft."""
    tone = 0.02 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE_HZ) / RATE_HZ)
    soundfile.write("tone.wav", tone, RATE_HZ)
    main(["edit", "tone.wav", "-o", "tone.mp3"])
    assert sound_of("tone.mp3").samples.std() == pytest.approx(tone.std(), rel=0.03)


def test_a_join_has_the_higher_bit_depth(place):
    """The sample rate of one, the channels and bits of the other."""
    sound = sound_of("a.wav", 3.0).samples[0]
    soundfile.write("high.wav", sound, 48_000, subtype="PCM_16")
    soundfile.write("wide.flac", np.stack([sound, sound], axis=1), RATE_HZ, subtype="PCM_24")
    main(["edit", "high.wav", "wide.flac", "-o", "out.wav"])
    found = soundfile.info("out.wav")
    assert (found.samplerate, found.channels, found.subtype) == (48_000, 2, "PCM_24")


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("b.wav", "b.wav exists already; --force replaces it."),
        ("a.wav", "a.wav is the file this is made from; give another name."),
        ("./a.wav", "a.wav is the file this is made from"),
        ("link.wav", "link.wav is the file this is made from"),
        ("same.wav", "same.wav is the file this is made from"),
        ("dangling.wav", "dangling.wav exists already"),
    ],
)
def test_existing_files_are_not_overwritten(place, capsys, out, sentence):
    """Neither the source nor another file, unless --force is given."""
    (place / "link.wav").symlink_to("a.wav")
    (place / "same.wav").hardlink_to("a.wav")
    (place / "dangling.wav").symlink_to("nowhere.wav")
    before = {path.name: path.read_bytes() for path in place.glob("*.wav") if path.exists()}
    assert main(["edit", "a.wav", "--to", "3", "-o", out]) == 1
    assert sentence in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in place.glob("*.wav") if path.exists()} == before
    assert main(["edit", "a.wav", "--to", "3", "-o", out, "--force"]) == 0
    assert length(out) == pytest.approx(3.0, abs=0.03)


def test_a_failed_forced_edit_keeps_the_file(place, capsys):
    """It is replaced whole or not at all."""
    before = (place / "a.wav").read_bytes()
    assert main(["edit", "a.wav", "--from", "5", "--to", "3", "-o", "a.wav", "--force"]) == 1
    assert (place / "a.wav").read_bytes() == before
    assert sorted(path.name for path in place.iterdir()) == ["a.wav", "b.wav"]


def test_times_in_a_long_file_count_from_its_start():
    """Whatever its length; only a part of it is in memory."""
    hiss = np.random.default_rng(2).normal(size=700 * 8000) * 0.001
    hiss[680 * 8000 : 690 * 8000] *= 200
    soundfile.write("long.flac", hiss, 8000)
    assert main(["edit", "long.flac", "--from", "680", "--to", "690", "-o", "out.wav"]) == 0
    samples, _ = soundfile.read("out.wav")
    assert len(samples) / 8000 == pytest.approx(10.0, abs=0.5)
    levels = [np.sqrt((part**2).mean()) for part in np.array_split(samples, 20)]
    assert min(levels) > 0.05
    assert main(["edit", "long.flac", "--to", "5", "-o", "start.wav"]) == 0
    assert length("start.wav") == pytest.approx(5.0, abs=0.5)


@pytest.mark.parametrize("times", [("--from", "nan"), ("--to", "nan"), ("--from", "inf")])
def test_invalid_times_are_refused(capsys, times):
    """One sentence."""
    assert main(["edit", "a.wav", *times, "-o", "out.wav"]) == 1
    assert "nothing between" in capsys.readouterr().err


def test_six_channels_are_edited_as_two():
    """Every file that the bot can decode can be edited."""
    soundfile.write("six.wav", np.random.default_rng(3).uniform(-1, 1, (16_000, 6)), 8000)
    assert main(["edit", "six.wav", "-o", "out.wav"]) == 0
    assert soundfile.info("out.wav").channels == 2
