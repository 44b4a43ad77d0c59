"""Remixes at the command line: what stays of a file, and the words it is made from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.audio.files import codes, encode
from bot.audio.files.tags import read_tags
from bot.cli.app import build_parser, dispatch
from bot.cli.generate_plan import make_plan
from bot.cli.generate_remix import NO_FILE, NO_WORDS
from bot.cli.interrupts import Interrupts
from bot.config import Config
from bot.domain.clips import Tags
from bot.domain.generation import Codes, Sound
from bot.musicgen.checkpoint.fingerprint import fingerprint
from bot.musicgen.checkpoint.inspection import inspect
from tests.support.known_sounds import RATE_HZ, drums
from tests.support.scripted_engine import Opener

SECONDS, FRAMES, HOP = 7.0, 350, 640
"""Three bars at 120 BPM and a half."""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder to work in, with a clip of ours."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def own(name, *, prompt="90s rock", known_codes=None):
    """Write a clip as we would have made it."""
    samples = (0.5 * drums(120, SECONDS))[None].astype(np.float32)
    tags = Tags(prompt=prompt, seed=1, model="tiny", kind="music")
    packed = None if known_codes is None else codes.pack_codes(known_codes)
    encode.write(Path(name), Sound(samples=samples, sample_rate_hz=RATE_HZ), tags, packed)


def planned(*argv, model):
    """What would be asked of the engine."""
    options = [str(arg) for arg in (*argv, "--model", model)]
    return make_plan(build_parser().parse_args(["generate", *options]), Config())


def place_in(path, part):
    """At which frame of a file a part of it begins."""
    whole, _ = soundfile.read(path, dtype="float32")
    frames = range((len(whole) - len(part)) // HOP + 1)
    return min(frames, key=lambda at: np.abs(whole[at * HOP :][: len(part)] - part).sum())


@pytest.mark.parametrize("suffix", ["wav", "mp3"])
@pytest.mark.parametrize("keep", ["end", "start"])
def test_stems_go_on_from_the_bars_and_their_codes(tiny_stems, suffix, keep):
    """Of a clip of this very model, cut after whole frames: the old bars are split, too."""
    tokens = np.random.default_rng(3).integers(0, 64, (8, FRAMES), dtype=np.int32)
    own(
        f"a.{suffix}",
        known_codes=Codes(tokens=tokens, fingerprint=fingerprint(inspect(tiny_stems))),
    )
    argv = ("make it jazzier", "--audio", f"a.{suffix}", "--keep", keep, "--stems")
    (request,) = planned(*argv, model=tiny_stems).requests
    assert request.prompt == "90s jazz rock, 120 BPM"
    assert request.audio is not None
    frames, rest = divmod(request.audio.samples.shape[1], HOP)
    assert rest == 0
    first = place_in(f"a.{suffix}", request.audio.samples[0])
    assert 0 < FRAMES - first - frames < 100 if keep == "end" else first == 0
    assert request.audio_tokens is not None
    assert np.array_equal(request.audio_tokens, tokens[:, first : first + frames])


def test_a_clip_s_new_part_is_made_afresh_over_its_codes(tiny_stems):
    """Without hearing its style: its guides are kept, from a beat before the joint on."""
    tokens = np.random.default_rng(3).integers(0, 64, (8, FRAMES), dtype=np.int32)
    mark = fingerprint(inspect(tiny_stems))
    own("a.wav", known_codes=Codes(tokens=tokens, fingerprint=mark))
    argv = ("make it jazzier", "--audio", "a.wav", "--keep", "end", "--seconds", "2")
    plan = planned(*argv, model=tiny_stems)
    (request,) = plan.requests
    assert (request.audio, request.audio_tokens, request.audio_guides) == (None, None, None)
    assert (request.prompt, plan.prompt) == ("90s jazz rock", "90s jazz rock, 120 BPM")
    assert request.kept is not None and request.kept.harmony_only
    assert plan.remix is not None and plan.fresh_part is not None
    first = place_in("a.wav", plan.remix.end.samples[0])
    length, beat = plan.remix.end.samples.shape[1] // HOP, 25
    assert plan.fresh_part.overlap_samples == beat * HOP
    assert request.kept.tokens.shape == (8, 100)
    joint = first + length
    assert np.array_equal(request.kept.tokens[:, :beat], tokens[:, joint - beat : joint])
    made = np.ones((8, 100), np.int32)
    whole = plan.all_tokens(made)
    assert whole is not None
    assert np.array_equal(whole[:, : length - beat], tokens[:, first : joint - beat])
    assert plan.seconds_before == pytest.approx((length - beat) / 50)


@pytest.mark.parametrize("asked", ["as jazz", "as jazz, 90 BPM"])
def test_a_recording_s_new_part_is_made_afresh_over_what_is_heard(asked):
    """The beat is told; where the words ask for another tempo they alone decide."""
    own("a.wav", prompt=None)
    plan = planned(asked, "--audio", "a.wav", "--keep", "end", "--seconds", 2, model="starter")
    (request,) = plan.requests
    assert request.audio is None and plan.fresh_part is not None
    assert plan.all_tokens(np.ones((8, 100), np.int32)) is None
    if "BPM" in asked:
        assert request.kept is None and plan.fresh_part.overlap_samples == 0
        return
    assert request.kept is not None
    # The clock counts no beat of 25 frames: what is generated is slower, and then played faster.
    beat = len(np.unique(request.kept.tokens[0]))
    assert beat in (24, 26)
    assert plan.fresh_part.factor == pytest.approx(beat / 25, rel=5e-3)
    assert request.seconds == pytest.approx(2 * plan.fresh_part.factor)
    assert plan.new_seconds == pytest.approx(2)


def test_a_remix_made_afresh_begins_with_the_old_bars(capsys):
    """And is as long as both: the beat before the joint is in either.

    The file names the tempo; the model, which is held to it, is not told in words.
    """
    own("a.wav", prompt=None)
    opener = Opener()
    options = ["as jazz", "--audio", "a.wav", "--keep", "end", "-o", "b.wav", "--seconds", "2"]
    args = build_parser().parse_args(["generate", *options, "--model", "starter"])
    assert dispatch(args, Interrupts(), open_engine=opener) == 0
    (request,) = opener.requests
    assert (request.audio, request.prompt) == (None, "jazz")
    tags = read_tags(Path("b.wav").read_bytes())
    assert tags is not None and tags.prompt == "jazz, 120 BPM"
    output = capsys.readouterr().out
    before = planned(*options, model="starter").seconds_before
    assert f"2.0 s of sound after {before:.1f} s of yours" in output
    assert soundfile.info("b.wav").duration == pytest.approx(2 + before, abs=0.02)


def test_a_remix_is_written_with_the_words_that_were_used(tiny_stems, capsys):
    """What stays of the old is as it was; the file tells that it is a remix."""
    own("a.wav")
    opener = Opener()
    options = ["as jazz", "--audio", "a.wav", "--keep", "start", "-o", "b.wav", "--seconds", "2"]
    options += ["--seed", "440", "--model", str(tiny_stems), "--precision", "fp32"]
    args = build_parser().parse_args(["generate", *options])
    assert dispatch(args, Interrupts(), open_engine=opener) == 0
    tags = read_tags(Path("b.wav").read_bytes())
    assert tags is not None
    assert (tags.prompt, tags.kind) == ("90s jazz, 120 BPM", "remix")
    (request,) = opener.requests
    assert request.audio is not None
    assert soundfile.info("b.wav").duration == pytest.approx(2 + request.audio.seconds)
    assert "2.0 s of sound after" in capsys.readouterr().out


def test_without_a_prompt_in_the_tags_only_new_words_are_used(tiny_stems):
    """What only asks for a remix is no word of music."""
    own("a.wav", prompt=None)
    argv = ("make it jazzier", "--audio", "a.wav", "--keep", "end")
    (request,) = planned(*argv, model=tiny_stems).requests
    assert (request.prompt, request.audio_tokens) == ("jazz, 120 BPM", None)


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["jazz", "--keep", "end"], str(NO_FILE)),
        (["--keep", "start", "--audio", "a.wav"], str(NO_WORDS)),
        (["jazz", "--keep", "end", "--audio", "no.wav"], "There is no sound file no.wav."),
    ],
)
def test_missing_input_is_reported(tiny_stems, capsys, argv, sentence):
    """In a sentence, before a model is loaded."""
    own("a.wav")
    opener = Opener()
    args = build_parser().parse_args(["generate", *argv, "--model", str(tiny_stems)])
    assert dispatch(args, Interrupts(), open_engine=opener) == 1
    assert sentence in capsys.readouterr().err
    assert opener.engines == []


@pytest.mark.parametrize(
    ("argv", "muted"),
    [
        (["no drums", "--keep", "end"], ("drums",)),
        (["no drums", "--keep", "end", "--without", "bass"], ("bass",)),
        (["no drums"], ("drums",)),
        (["no drums", "--then", "1:drums"], ()),
        (["calmer", "--keep", "start"], ()),
    ],
)
def test_drums_excluded_by_the_prompt_are_muted(tiny_stems, argv, muted):
    """For certain, unless stems are named or other words come later."""
    own("a.wav")
    (request,) = planned(*argv, "--audio", "a.wav", model=tiny_stems).requests
    assert request.muted == muted
