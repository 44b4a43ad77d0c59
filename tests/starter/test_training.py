"""A small starter model trained from recordings to a clip: see .ci/run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from bot.domain.generation import Finished, GenerationRequest
from bot.musicgen.engine.engine import Engine
from bot.musicgen.model import load_model
from bot.starter.training.data import samples
from bot.starter.training.data.codebooks import STEMS, drum_codes
from bot.starter.training.data.samples import SAMPLE_RATE_HZ, ZONE, drum_key, pitch_key, ranges
from tests.support.training_environment import (
    needs_recording,
    needs_training,
    run_module,
    run_script,
)

TRAINED = ("codec", "language")
PART_BYTES = 15 << 20
PACK_BYTES = 60 << 20

pytestmark = [needs_training, needs_recording]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder in which a model was made."""
    folder: Path = tmp_path_factory.mktemp("starter")
    run_module("tests.support.small_starter", folder)
    return folder


@pytest.fixture(scope="module")
def made(folder):
    """Return the facts about how it was made."""
    return json.loads((folder / "made.json").read_text())


def test_every_sound_that_codes_know_is_recorded(folder):
    """None is missing or silent; each begins with its attack and ends without a click."""
    sounds = samples.read(folder / "work" / "samples.npz")
    pitched = {
        pitch_key(name, pitch)
        for name, (low, high) in ranges().items()
        for pitch in range(low, high + 1)
    }
    drums = {drum_key(kit, *drum) for kit, struck in drum_codes().sets for drum in struck}
    assert pitched | drums <= sounds.keys()
    for name, sound in sounds.items():
        peak = np.abs(sound).max()
        assert peak > 0.003, name
        assert np.abs(sound[-20:]).max() < 0.05 * peak, name
        heard = np.flatnonzero(np.abs(sound) > 0.05 * peak)
        assert heard[0] < SAMPLE_RATE_HZ // 4, name
        assert len(sound) < 5 * SAMPLE_RATE_HZ, name
    assert ZONE == 3


def test_what_travels_is_small(folder, made):
    """The archive has recordings, tokenizer and text encoder, and trained parts separately."""
    files = {file.name: file.stat().st_size for file in (folder / "pack").iterdir()}
    assert {"samples.npz", "tokenizer.json", "text.pt"} <= files.keys()
    assert 0 < made["packed bytes"] < PACK_BYTES
    for part in TRAINED:
        assert 0 < made[f"packed bytes of {part}"] < PACK_BYTES


def test_captions_make_a_vocabulary(folder):
    """Words of both languages, and numbers as one token."""
    tokenizer = Tokenizer.from_file(str(folder / "work" / "tokenizer.json"))
    assert tokenizer.encode("piano 120bpm").tokens == ["▁piano", "▁120", "▁bpm", "</s>"]
    assert 300 < tokenizer.get_vocab_size() <= 2048


def test_what_comes_back_is_in_parts(folder, made):
    """None exceeds the size that a device may send; together they are the fp16 weights."""
    parts = {file.name: file.stat().st_size for file in (folder / "out").iterdir()}
    assert max(parts.values()) <= PART_BYTES
    for part in TRAINED:
        trained, brought = made["trained"][part], made["brought"][part]
        assert trained["step"] > 0
        assert trained["pieces"] > 0
        assert f"{part}.pt.part0" in parts
        assert brought["keys"] == ["model", "pieces"]
        assert brought["pieces"] == trained["pieces"]
        assert brought["types"] == ["torch.float32"]
        assert brought["size"] == pytest.approx(trained["size"], rel=1e-3)


@pytest.mark.parametrize("part", TRAINED)
def test_a_stopped_training_goes_on(folder, made, part):
    """More minutes for the same folder add steps and pieces.

    The log has a line for each run, with the figures of each codebook.
    """
    before, after = made["trained"][part], made["went on"][part]
    assert after["step"] > before["step"]
    assert after["pieces"] > before["pieces"]
    assert after["minutes"] > before["minutes"]
    lines = [json.loads(line) for line in (folder / "out" / f"{part}.log").read_text().splitlines()]
    steps = [line["step"] for line in lines]
    assert steps == sorted(steps)
    assert {before["step"], after["step"]} <= set(steps)
    of_books = "books" if part == "language" else "right"
    assert {len(line[of_books]) for line in lines} == {8 if part == "language" else 6}


@pytest.mark.parametrize("part", TRAINED)
def test_what_came_back_can_be_trained_on(made, part):
    """The weights are packed again in half precision, and the count of pieces continues."""
    packed = made["packed again"][part]
    assert packed["pieces"] == made["brought"][part]["pieces"]
    assert packed["types"] == ["torch.float16"]


def test_a_checkpoint_is_restored_with_its_own_number_of_layers(folder):
    """It was made with two, not with the usual six."""
    script = (
        "import sys; from pathlib import Path; from bot.starter.training import restore;"
        "print(len(restore.read_language(Path(sys.argv[1])).decoder.layers))"
    )
    assert run_script(script, folder / "checkpoint").strip() == "2"


def test_the_engine_makes_a_clip_with_it(folder, made, kernel_cache):
    """A few training steps give a checkpoint that the product's loader accepts."""
    model = load_model(folder / "checkpoint", requests=1, cache=kernel_cache, threads=1)
    engine = Engine(model, max_seconds=10)
    engine.submit(GenerationRequest(seconds=1, seed=1, prompt="techno, 120 bpm", wants_stems=True))
    events = []
    while engine.busy:
        events += engine.step()
    (done,) = [event for event in events if isinstance(event, Finished)]
    assert done.sound.samples.shape == (1, 32_000)
    assert np.isfinite(done.sound.samples).all()
    assert list(done.stems) == list(STEMS)
