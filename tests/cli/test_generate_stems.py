"""Stems at the command line: separated, kept, excluded, and refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.audio.editing.loudness import measure
from bot.audio.files import clip_file, codes, encode
from bot.audio.files.tags import read_tags
from bot.cli.app import build_parser, dispatch
from bot.cli.generate import open_engine
from bot.cli.generate_plan import make_plan
from bot.cli.interrupts import Interrupts
from bot.config import Config
from bot.domain.clips import Tags
from bot.domain.generation import Codes, Sound
from bot.musicgen.checkpoint.fingerprint import fingerprint
from bot.musicgen.checkpoint.inspection import inspect
from tests.support.scripted_engine import Opener

NAMES = ["drums", "bass", "chords", "lead"]
STAY = [0, 1, 2, 3]  # the guides, drums and bass
FREE = [4, 5, 6, 7]


@pytest.fixture
def place(tmp_path, monkeypatch, kernel_cache):
    """A folder to work in."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kernel_cache.parent))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_stems, kernel_cache):
    """A folder with a clip and its stems, as WAV and as MP3."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(kernel_cache.parent))
        for suffix in ("wav", "mp3"):
            argv = ["a", "--stems", "--seconds", 1, "--seed", 5, "-o", folder / f"out.{suffix}"]
            assert zhiyin(*argv, model=tiny_stems) == 0
    return folder


def zhiyin(*argv, model, opener=open_engine):
    """Run the command with a model; the engine is real unless an opener is given."""
    options = [str(arg) for arg in (*argv, "--model", model, "--precision", "fp32")]
    args = build_parser().parse_args(["generate", *options])
    return dispatch(args, Interrupts(), open_engine=opener)


def planned(*argv, model):
    """The requests that the command would send to the engine."""
    options = [str(arg) for arg in (*argv, "--model", model)]
    return make_plan(build_parser().parse_args(["generate", *options]), Config())


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def read_clip_codes(path):
    found = clip_file.read_clip_codes(path)
    assert found is not None
    return found


def own(path, tiny_stems, *, seconds=1.0, tokens=None):
    """Write a clip as the model would."""
    if tokens is None:
        tokens = np.random.default_rng(3).integers(0, 64, (8, round(50 * seconds)), dtype=np.int32)
    noise = np.random.default_rng(4).standard_normal((1, round(32_000 * seconds)))
    mark = fingerprint(inspect(tiny_stems))
    encode.write(
        path,
        Sound(samples=(0.1 * noise).astype(np.float32), sample_rate_hz=32_000),
        Tags(prompt="a", seed=1, model="tiny", kind="music"),
        codes.pack_codes(Codes(tokens=tokens, fingerprint=mark)),
    )
    return tokens


def test_stems_are_written_beside_the_clip(made):
    """One file each, as long as the clip; its tags name the stem and the clip."""
    files = [f"out{part}.{suffix}" for suffix in ("wav", "mp3") for part in ("", "-drums")]
    assert set(files) <= set(names(made))
    assert len(names(made)) == 2 * 5
    length = soundfile.info(made / "out.wav").frames
    for name in NAMES:
        path = made / f"out-{name}.wav"
        assert soundfile.info(path).frames == length
        tags = read_tags(path.read_bytes())
        assert tags is not None
        assert (tags.stem, tags.seed, tags.prompt) == (name, 5, "a")
        assert clip_file.read_clip_codes(path) is None
    tags = read_tags((made / "out.wav").read_bytes())
    assert tags is not None and tags.stem is None


def test_a_clip_and_its_stems_have_the_same_gain(made, stems_model):
    """A stem's level in its file and in the clip: the codec's output times one factor."""
    tokens = read_clip_codes(made / "out.wav").tokens
    gains = []
    alone = {"": tokens} | {f"-{name}": np.zeros_like(tokens) for name in NAMES}
    for name, books in zip(NAMES, ([2], [3], [4, 5, 6], [7]), strict=True):
        alone[f"-{name}"][books] = tokens[books]
    for part, numbers in alone.items():
        file, _ = soundfile.read(made / f"out{part}.wav", dtype="float32")
        sound = stems_model.codec.decode(numbers[None])[0]
        middle = slice(len(sound) // 4, -len(sound) // 4)  # away from attack and decay
        gains.append(float(file[middle] @ sound[middle] / (sound[middle] @ sound[middle])))
    np.testing.assert_allclose(gains, gains[0], rtol=1e-3)


def test_nothing_is_clipped(made):
    """No stem's peak is above the limit, though it can be higher than the mix's."""
    for name in NAMES:
        samples, rate_hz = soundfile.read(made / f"out-{name}.wav", dtype="float32")
        found = measure(Sound(samples=samples[None], sample_rate_hz=rate_hz))
        assert found.peak_dbtp <= -1.0


@pytest.mark.parametrize("suffix", ["wav", "mp3"])
def test_stems_of_a_clip_are_kept(made, place, tiny_stems, suffix):
    """Drums and bass of the new takes have the clip's codes exactly; the rest is new in each."""
    argv = ("b", "--keep", "drums, Bass", "--audio", made / f"out.{suffix}", "--takes", 2)
    assert zhiyin(*argv, "-o", "new.wav", model=tiny_stems) == 0
    before = read_clip_codes(made / f"out.{suffix}").tokens
    first, second = (read_clip_codes(place / f"new-{take}.wav").tokens for take in (1, 2))
    assert np.array_equal(first[STAY], before[STAY])
    assert np.array_equal(second[STAY], before[STAY])
    for book in FREE:
        assert not np.array_equal(first[book], before[book])
        assert not np.array_equal(first[book], second[book])
    tags = read_tags((place / "new-1.wav").read_bytes())
    assert tags is not None and tags.kind == "remix"


def test_an_excluded_stem_is_silent(place, tiny_stems):
    """Its codes are silence."""
    assert zhiyin("a", "--without", "drums", "--seconds", 1, "-o", "a.wav", model=tiny_stems) == 0
    tokens = read_clip_codes(place / "a.wav").tokens
    assert not tokens[2].any()
    assert tokens[3].any()


def test_the_summary_names_the_stems(place, tiny_stems, capsys):
    """With their files."""
    zhiyin("a", "--stems", "--seconds", 0.5, "-o", "a.wav", model=tiny_stems)
    out = capsys.readouterr().out.splitlines()
    assert out[1] == "a.wav: its stems are a-drums.wav, a-bass.wav, a-chords.wav, a-lead.wav"


def test_kept_stems_determine_the_length(place, tiny_stems):
    """As long as the clip, unless a length is given."""
    tokens = own(Path("mine.mp3"), tiny_stems, seconds=3.0)
    argv = ("--keep", "lead", "--audio", "mine.mp3", "-o", "a.wav")
    (request,) = planned(*argv, model=tiny_stems).requests
    assert request.seconds == 3.0
    assert request.audio is None
    assert request.kept.stems == ("lead",)
    assert np.array_equal(request.kept.tokens, tokens)
    (longer,) = planned(*argv, "--seconds", 5, model=tiny_stems).requests
    assert longer.seconds == 5.0


def test_a_clip_is_continued_from_its_embedded_codes(place, tiny_stems):
    """From the end of a long clip, exactly; from the sound if the file was cut since."""
    tokens = own(Path("mine.flac"), tiny_stems, seconds=30.0)
    (request,) = planned("b", "--audio", "mine.flac", "-o", "a.wav", model=tiny_stems).requests
    assert request.audio.seconds == 20.0
    assert np.array_equal(request.audio_tokens, tokens[:, -1000:])
    data = codes.pack_codes(read_clip_codes(Path("mine.flac")))
    noise = np.random.default_rng(4).standard_normal((1, 64_000)).astype(np.float32)
    cut = Sound(samples=0.1 * noise, sample_rate_hz=32_000)
    encode.write(Path("cut.flac"), cut, Tags(prompt="a", seed=1, model="t", kind="music"), data)
    (request,) = planned("b", "--audio", "cut.flac", "-o", "a.wav", model=tiny_stems).requests
    assert request.audio.seconds == 2.0
    assert request.audio_tokens is None


def test_a_loop_has_no_codes(place, tiny_stems):
    """A loop is cut, and they would not fit."""
    assert zhiyin("a", "--loop", "--seconds", 2, "-o", "a.wav", model=tiny_stems) == 0
    assert clip_file.read_clip_codes(Path("a.wav")) is None


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--without", "kazoo"], "There is no stem 'kazoo' here: choose among drums, bass, chords"),
        (["--keep", "drums"], "--keep needs --audio: the clip whose stems are kept."),
        (["--keep", "kazoo", "--audio", "mine.wav"], "There is no stem 'kazoo' here"),
        (["--keep", ",", "--audio", "mine.wav"], "Say which stems to keep."),
        (["--keep", "drums", "--audio", "no.wav"], "There is no sound file no.wav."),
        (["--keep", "drums", "--audio", "plain.wav"], "plain.wav doesn't tell its codes"),
        (["--keep", "drums", "--audio", "other.wav"], "are those of another model."),
        (["--keep", "drums", "--audio", "wild.wav"], "are those of another model."),
        (["--audio", "wild.wav"], "are those of another model."),
        (["--keep", "drums", "--without", "drums", "--audio", "mine.wav"], "choose one."),
        (["--without", "drums,bass,chords,lead"], "leave at least one to be made anew."),
        (["--stems", "--loop"], "leave out --loop or --stems."),
        (["--stems", "-o", "taken.wav"], "taken-bass.wav is a folder; give the name of a file."),
    ],
)
def test_impossible_stem_options_are_refused_before_loading(
    place, tiny_stems, capsys, argv, sentence
):
    """One sentence each, nothing written, no model opened."""
    own(Path("mine.wav"), tiny_stems)
    own(Path("wild.wav"), tiny_stems, tokens=np.full((8, 50), 64, np.int32))
    soundfile.write("plain.wav", np.zeros(32_000), 32_000)
    stranger = Codes(tokens=np.zeros((8, 50), np.int32), fingerprint="00" * 8)
    silence = Sound(samples=np.zeros((1, 32_000), np.float32), sample_rate_hz=32_000)
    tags = Tags(prompt="a", seed=1, model="tiny", kind="music")
    encode.write(Path("other.wav"), silence, tags, codes.pack_codes(stranger))
    Path("taken-bass.wav").mkdir()
    before = names(place)
    opener = Opener()
    out = [] if "-o" in argv else ["-o", "out.wav"]
    assert zhiyin(*argv, *out, model=tiny_stems, opener=opener) == 1
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1
    assert opener.engines == []
    assert names(place) == before


@pytest.mark.parametrize(
    "argv", [["--stems"], ["--without", "drums"], ["--keep", "drums", "--audio", "a.wav"]]
)
def test_a_model_without_stems_says_so(place, tiny_mono, capsys, argv):
    """Before it is loaded."""
    assert zhiyin(*argv, "-o", "out.wav", model=tiny_mono, opener=Opener()) == 1
    assert "This model makes no stems" in capsys.readouterr().err


def test_a_retrained_model_of_the_same_name_is_another(place, tiny_stems, tmp_path, capsys):
    """Codes have no meaning for retrained codebooks."""
    from safetensors.numpy import load_file, save_file

    own(Path("mine.wav"), tiny_stems)
    anew = Path(shutil.copytree(tiny_stems, tmp_path / "anew" / tiny_stems.name))
    weights = load_file(anew / "model.safetensors")
    weights["audio_encoder.quantizer.layers.0.codebook.embed"] += 0.5
    save_file(weights, anew / "model.safetensors")
    argv = ("--keep", "drums", "--audio", "mine.wav", "-o", "a.wav")
    assert zhiyin(*argv, model=anew, opener=Opener()) == 1
    assert "The codes of this clip are those of another model." in capsys.readouterr().err
