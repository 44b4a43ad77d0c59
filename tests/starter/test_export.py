"""The exported checkpoint: the product computes the same as the training's networks."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from bot.domain.generation import Finished, StemsRequest
from bot.musicgen.decoder.interface import Conditioning, Rows
from bot.musicgen.engine.engine import Engine
from bot.musicgen.model import load_model
from bot.starter.training.data.code_factors import factors_of
from bot.starter.training.data.codebooks import BOOKS, CODES, DRUMS, STEMS
from tests.support.synthetic_instruments import music
from tests.support.training_environment import needs_training, run_script

pytestmark = needs_training

# The drums' vectors, each voice's vectors, shared noise and tones, and each voice's key.
DRUM_DIMENSIONS, VOICE_DIMENSIONS, NOISE_DIMENSIONS, TONE_DIMENSIONS = 16, 9, 10, 29
KEY_DIMENSIONS = 16
PROMPT = "90s rock, 120 bpm"
STEPS = 80

# Untrained networks as a checkpoint, and their output for codes, texts and sound.
_EXPORT = """
import json, sys, numpy as np, torch
from pathlib import Path
from torch.nn.functional import linear
from bot.starter.training import export
from bot.starter.training.data import vocabulary
from bot.starter.training.language.network import Language, LanguageSize
from bot.starter.training.codec.stem_codec import StemCodec, codec_size
from bot.starter.training.data.codebooks import BOOKS, STEMS
from bot.starter.training.data.windows import START, apply_delay_pattern
from tests.support.synthetic_instruments import music
folder, prompt, steps = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
torch.manual_seed(0)
tokenizer = vocabulary.learn(["90s rock, 120 bpm", "slow jazz"] * 5, 500)
size = LanguageSize(text_tokens=tokenizer.get_vocab_size())
language, codec = Language(size), StemCodec(codec_size())
export.write(folder / "checkpoint", codec=codec, language=language, tokenizer=tokenizer, size=size)
found = {name: value.numpy() for name, value in language.state_dict().items()
         if name.startswith(("decoder.embeddings", "decoder.heads"))}
codes = torch.from_numpy(music()).long()[None]
words = torch.tensor([tokenizer.encode(prompt).ids] * 2)
tokens = apply_delay_pattern(codes, START)[..., :steps].expand(2, -1, -1)
sound = 0.1 * torch.sin(torch.arange(32000) / 20) + 0.1 * torch.randn(32000)
with torch.no_grad():
    states = language(tokens, words, words > 0, torch.tensor([False, True]))
    heads = [export.LOGIT_SCALES.get(book, 1.0) * head()
             for book, head in enumerate(language.decoder.heads)]
    found["scales"] = [export.LOGIT_SCALES.get(book, 1.0) for book in range(len(BOOKS))]
    found["scores"] = torch.stack([linear(states, head) for head in heads], 2).numpy()
    tables = codec.tables()
    found["mix"] = codec.decode(codes, tables).numpy()
    for name, books in STEMS.items():
        kept = torch.tensor([book in books for book in range(len(BOOKS))])
        found[name] = codec.decode(codes * kept[:, None], tables).numpy()
    _, scores = codec.recognise(sound[None])
    found["heard"] = torch.stack([each.argmax(-1)[0] for each in scores]).numpy()
    found["sound"] = sound.numpy()
np.savez(folder / "training.npz", **found)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    run_script(_EXPORT, folder, PROMPT, STEPS)
    return folder


@pytest.fixture(scope="module")
def training(folder):
    with np.load(folder / "training.npz") as found:
        return dict(found)


@pytest.fixture(scope="module")
def model(folder, kernel_cache):
    return load_model(folder / "checkpoint", requests=1, cache=kernel_cache, threads=1)


@pytest.fixture(scope="module")
def weights(folder):
    return load_file(folder / "checkpoint" / "model.safetensors")


def scores_of(model, codes):
    """Return the product's scores [steps, rows, books, codes], with the text and without."""
    books, frames = codes.shape
    heard = np.full((books, frames), CODES, np.int32)
    for book in range(books):
        heard[book, book + 1 :] = codes[book, : frames - book - 1]
    words = model.text.encode(PROMPT)
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
    return np.array(made)


def test_the_product_s_scores_are_the_training_s(model, training):
    """Step by step over music, with and without a text, within half precision."""
    wanted = training["scores"].transpose(1, 0, 2, 3)
    found = scores_of(model, music()[:, :STEPS])
    assert found.shape == wanted.shape == (STEPS, 2, len(BOOKS), CODES)
    spread = wanted - wanted.mean(-1, keepdims=True)
    assert np.linalg.norm(found - wanted) < 0.003 * np.linalg.norm(spread)
    assert np.linalg.norm(wanted[:, 0] - wanted[:, 1]) > 0.1 * np.linalg.norm(spread[:, 0])


def levels(sound):
    """Return the magnitudes over time and frequency: [windows, bins].

    In fp16 the codec's oscillators run some thousandths of a Hz faster or slower, so that samples
    differ after a second although nothing can be heard.
    """
    windows = np.lib.stride_tricks.sliding_window_view(sound[0], 2048)[::512]
    return np.abs(np.fft.rfft(windows * np.hanning(2048)))


def assert_alike(found, wanted):
    """Check that two sounds are equally long and have the same tones at the same levels."""
    assert found.shape == wanted.shape
    ours, theirs = levels(found), levels(wanted)
    # All tones of an untrained codec sound at once, and their beating differs slightly.
    assert np.linalg.norm(ours - theirs) < 0.1 * np.linalg.norm(theirs)


def test_the_product_hears_what_the_training_heard(model, training):
    """The training's codec and the product's decode codes to the same sound, within fp16."""
    assert_alike(model.codec.decode(music().astype(np.int32)[None]), training["mix"])


def test_the_engine_takes_music_apart_as_the_training_does(model, training):
    """Each stem equals what the training's codec decodes from its codes alone."""
    engine = Engine(model)
    engine.submit(StemsRequest(tokens=music().astype(np.int32)))
    events = []
    while engine.busy:
        events += engine.step()
    (done,) = [event for event in events if isinstance(event, Finished)]
    assert list(done.stems) == list(STEMS)
    for name, sound in done.stems.items():
        assert_alike(sound.samples, training[name])


def test_the_product_finds_the_codes_that_the_training_finds(model, training):
    """In arbitrary sound; clock and plan, which can't be heard, are encoded as unknown."""
    found = model.codec.encode(training["sound"][None])[0]
    assert not found[:DRUMS].any()
    assert (found[DRUMS:] == training["heard"]).mean() > 0.95


def test_a_table_is_what_its_factors_sum_up_to(weights, training):
    """Of every codebook, for input and for output."""
    for book in range(len(BOOKS)):
        for part, name in (
            ("embeddings", f"decoder.model.decoder.embed_tokens.{book}.weight"),
            ("heads", f"decoder.lm_heads.{book}.weight"),
        ):
            own = training[f"decoder.{part}.{book}.own"]
            shared = training[f"decoder.{part}.{book}.shared"]
            table = factors_of(book)[: len(own)] @ shared + own
            table *= training["scales"][book] if part == "heads" else 1.0
            size = np.abs(table).max()
            np.testing.assert_allclose(weights[name], table, atol=0.001 * size)


def test_codebooks_have_dimensions_of_their_own(weights):
    """Each codebook that sounds has its own key and vectors; the guides have none.

    Only noise, and tones of held notes, lie in shared dimensions. Silence is zero in all of them.
    Vectors are too small to affect the encoder's result.
    """
    voices = len(BOOKS) - DRUMS - 1
    noise = DRUM_DIMENSIONS + voices * VOICE_DIMENSIONS
    vectors = noise + NOISE_DIMENSIONS + TONE_DIMENSIONS
    for book in range(len(BOOKS)):
        entries = weights[f"audio_encoder.quantizer.layers.{book}.codebook.embed"]
        assert entries.shape[1] == vectors + (1 + voices) * KEY_DIMENSIONS
        if book < DRUMS:
            assert not entries.any()
            continue
        own = [*range(DRUM_DIMENSIONS), *range(noise, noise + NOISE_DIMENSIONS)]
        if book > DRUMS:
            first = DRUM_DIMENSIONS + (book - DRUMS - 1) * VOICE_DIMENSIONS
            own = [*range(first, first + VOICE_DIMENSIONS), *range(noise, vectors)]
        first = vectors + (book - DRUMS) * KEY_DIMENSIONS
        keys = list(range(first, first + KEY_DIMENSIONS))
        assert np.flatnonzero(entries.any(0)).tolist() == [*own, *keys]
        assert not entries[0].any()
        assert entries[1:].any(1).all()
        squares = np.square(entries.astype(np.float32))
        assert squares[:, own].sum(1).max() < 0.001 * squares[1:, keys].sum(1).mean()


def test_what_only_training_uses_is_left_out(weights):
    """The codebooks' running averages would be a tenth of the file."""
    stored = [name for name in weights if ".quantizer." in name]
    assert sorted(stored) == [
        f"audio_encoder.quantizer.layers.{book}.codebook.embed" for book in range(len(BOOKS))
    ]


def test_the_checkpoint_says_which_codebooks_are_the_stems(folder, model):
    """In its config.json, as the product reads it."""
    stems = json.loads((folder / "checkpoint" / "config.json").read_text())["stems"]
    assert stems == {name: list(books) for name, books in STEMS.items()}
    assert {stem.name: stem.codebooks for stem in model.config.stems} == dict(STEMS)
