"""The built-in model as packaged: all of this needs bot/starter/checkpoint."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from tokenizers import Tokenizer

from bot.audio.files import encode
from bot.domain.generation import GenerationRequest, Sampling
from bot.domain.request_checks import MAX_GUIDANCE, MAX_TEMPERATURE, MAX_TOP_K, MIN_TEMPERATURE
from bot.models import registry
from bot.musicgen.checkpoint.inspection import inspect
from bot.musicgen.checkpoint.tensor_names import tensor_sizes
from tests.musicgen.test_engine import run

LARGEST_BYTES = 48_000_000
SECONDS = 2.0
PROMPTS = {
    "nothing": "",
    "blanks": " \n\t ",
    "emoji": "🎸🥁🔥",
    "400 characters": "a very long wish for music " * 15,
    "one long word": "x" * 400,
    "japanese": "静かなピアノのジャズ",
    "arabic": "موسيقى هادئة",
    "both languages": "慢速爵士 with piano, 120bpm 🎹",
    "no letters": "!?.,;:()[]{}<>#@%&*\u200b\u0000\ufffd",
}
# The smallest top-p is a normal number, as MindSpore flushes subnormal ones to zero.
SETTINGS: dict[str, dict[str, Any]] = {
    "temperature at its least": {"temperature": MIN_TEMPERATURE},
    "temperature at its most": {"temperature": MAX_TEMPERATURE, "top_k": 0},
    "one token to choose from": {"top_k": 1},
    "more tokens than there are": {"top_k": MAX_TOP_K},
    "top-p at its least": {"top_p": sys.float_info.min, "top_k": 0},
    "nothing cut off": {"top_p": 1.0, "top_k": 0},
    "no guidance": {"guidance": 1.0},
    "guidance at its most": {"guidance": MAX_GUIDANCE},
    "everything wild": {
        "temperature": MAX_TEMPERATURE, "guidance": MAX_GUIDANCE,
        "top_p": sys.float_info.min, "top_k": 0,
    },
    "no randomness": {"greedy": True},
}  # fmt: skip


@pytest.fixture(scope="module")
def folder():
    return registry.starter_folder()


@pytest.fixture(scope="module")
def tokenizer(folder):
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


@pytest.fixture(scope="module")
def model(folder, kernel_cache):
    from bot.musicgen.model import load_model

    return load_model(folder, requests=8, cache=kernel_cache)


@pytest.fixture(scope="module")
def clips(model):
    """Every prompt and every setting, in batches as large as there are slots."""
    from bot.musicgen.engine.engine import Engine

    wishes: dict[str, tuple[str, dict[str, Any]]] = {
        **{name: (prompt, {}) for name, prompt in PROMPTS.items()},
        **{name: ("90s rock, 120 BPM", changes) for name, changes in SETTINGS.items()},
    }
    usual = Sampling()
    requests = [
        GenerationRequest(
            seconds=SECONDS,
            seed=seed,
            prompt=prompt,
            sampling=dataclasses.replace(usual, **changes),
        )
        for seed, (prompt, changes) in enumerate(wishes.values())
    ]
    return dict(zip(wishes, run(Engine(model), *requests), strict=True))


def scores_of(model, codes):
    """Return the scores over a clip's codes, with the text and without, step by step."""
    from bot.musicgen.decoder.interface import Conditioning, Rows

    books, frames = codes.shape
    heard = np.full((books, frames), model.config.decoder.vocab_size, np.int32)
    for book in range(books):
        heard[book, book + 1 :] = codes[book, : frames - book - 1]
    words = model.text.encode("90s rock, 120 BPM")
    model.decoder.set_conditioning(0, Conditioning(text_states=words))
    made = [
        model.decoder.step(
            Rows(
                tokens=np.stack([heard[:, at]] * 2),
                slots=np.arange(2, dtype=np.int32),
                positions=np.full(2, at, np.int32),
                text_lengths=np.array([len(words), 0], np.int32),
            )
        )
        for at in range(frames)
    ]
    return np.array(made, np.float64)


@pytest.fixture(scope="module")
def judged(model):
    """Four seconds of a clip, and the exact scores over it."""
    from bot.musicgen.engine.engine import Engine

    wish = GenerationRequest(seconds=4.0, seed=3, prompt="90s rock, 120 BPM")
    (clip,) = run(Engine(model), wish)
    return clip.tokens, scores_of(model, clip.tokens)


@pytest.mark.parametrize(
    ("precision", "error", "same", "nats"),
    [("bf16", 0.005, 0.98, 0.0005), ("int8", 0.03, 0.995, 0.0005), ("int4", 0.14, 0.985, 0.006)],
)
def test_fewer_bits_hardly_change_what_is_likely(
    folder, judged, kernel_cache, precision, error, same, nats
):
    """Over four seconds of a clip: the scores, the likeliest code, and the mean divergence."""
    from bot.musicgen.model import load_model

    rounded = load_model(folder, requests=1, cache=kernel_cache, precision=precision)
    tokens, exact = judged
    other = scores_of(rounded, tokens)
    spread = exact - exact.mean(-1, keepdims=True)
    assert np.linalg.norm(other - exact) < error * np.linalg.norm(spread)
    assert np.mean(exact.argmax(-1) == other.argmax(-1)) > same
    ours, theirs = (each - np.logaddexp.reduce(each, -1)[..., None] for each in (exact, other))
    assert np.sum(np.exp(ours) * (ours - theirs), -1).mean() < nats


def test_the_checkpoint_is_whole(folder):
    """It has every tensor of its config.json, in half precision, and settings that can be used."""
    contents = inspect(folder)
    assert contents.config.decoder.audio_channels == 1
    assert contents.config.codec.sample_rate_hz == 32_000
    assert contents.stored_bytes < 2.1 * sum(
        np.prod(size) for size in tensor_sizes(contents.config).values()
    )


def test_the_starter_stays_small():
    """Every clone and installation contains all files of its checkpoint."""
    files = [file for file in registry.starter_folder().rglob("*") if file.is_file()]
    assert len(files) > 5
    assert sum(file.stat().st_size for file in files) <= LARGEST_BYTES


def test_the_card_states_the_licence():
    """`zhiyin models` and the head of the model card name the same one."""
    from huggingface_hub import metadata_load

    card = metadata_load(Path(registry.__file__).parents[1] / "starter" / "README.md")
    assert card is not None
    assert card["license"] == registry.STARTER_LICENCE.lower()


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_every_prompt_has_states(model, tokenizer, prompt):
    """Any text is read, and the loaded model reads it as the tokenizer itself."""
    ids = model.text.token_ids(prompt)
    assert list(ids) == tokenizer.encode(prompt).ids[:511] + [1] * (len(ids) == 512)
    assert ids[-1] == tokenizer.token_to_id("</s>")
    states = model.text.encode(prompt)
    assert states.shape[0] == len(ids)
    assert np.isfinite(states).all()


@pytest.mark.parametrize("wish", [*PROMPTS, *SETTINGS])
def test_every_wish_becomes_a_clip(clips, wish, tmp_path):
    """Odd prompts and extreme settings give a file of the requested length.

    Its samples are finite; if the codec exceeded full scale, it is turned down and not clipped.
    """
    sound = clips[wish].sound
    assert sound.samples.shape == (1, round(SECONDS * 32_000))
    assert np.isfinite(sound.samples).all()
    encode.write(tmp_path / "clip.wav", sound)
    heard, _ = soundfile.read(tmp_path / "clip.wav", dtype="float32")
    peak = max(1.0, np.abs(sound.samples).max())
    np.testing.assert_allclose(heard, sound.samples[0] / peak, atol=1e-4)
