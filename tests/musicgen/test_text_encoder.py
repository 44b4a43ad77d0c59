"""The text encoder, compared with MindNLP's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.musicgen.checkpoint.mindnlp_patches import (
    exact_buckets,
    exact_relative_buckets,
    import_mindnlp,
    quiet,
)
from bot.musicgen.checkpoint.model_config import TextEncoderConfig

CONFIG = TextEncoderConfig(
    hidden_size=24, layers=3, heads=2, head_size=16, ffn_size=40, vocab_size=100
)


class WordTokenizer:
    """Makes one token of a word, and counts its calls."""

    def __init__(self) -> None:
        self.asked = 0

    def encode(self, text):
        """Return the tokens of a text, the end token last."""
        self.asked += 1
        return [3 + sum(word.encode()) % 97 for word in text.split()] + [CONFIG.end_token]


@dataclass(frozen=True)
class Reference:
    """MindNLP's model, and its weights as our checkpoint loader returns them."""

    model: Any
    weights: dict[str, NDArray[np.float32]]

    def encode(self, ids):
        """Return MindNLP's states of tokens, [tokens, width]."""
        import mindtorch

        mask = mindtorch.ones((1, len(ids)), dtype=mindtorch.int64)
        made = self.model(mindtorch.tensor(np.array([ids])), attention_mask=mask)
        return made.last_hidden_state.detach().numpy()[0]


def make_reference(layers=CONFIG.layers):
    """Build a small model with random weights, and patch its relative position buckets."""
    import_mindnlp()
    import mindtorch
    from transformers import T5Config, T5EncoderModel

    config = T5Config(
        vocab_size=CONFIG.vocab_size,
        d_model=CONFIG.hidden_size,
        d_kv=CONFIG.head_size,
        d_ff=CONFIG.ffn_size,
        num_layers=layers,
        num_heads=CONFIG.heads,
        feed_forward_proj="relu",
    )
    with quiet():
        model = T5EncoderModel(config).eval()
    rng = np.random.default_rng(5)
    values = {
        name: 0.3 * rng.standard_normal(tuple(value.shape)).astype(np.float32) + (value.ndim == 1)
        for name, value in sorted(model.state_dict().items())
    }
    values["encoder.embed_tokens.weight"] = values["shared.weight"]
    model.load_state_dict({name: mindtorch.tensor(value) for name, value in values.items()})
    return Reference(model, values)


@pytest.fixture(scope="module")
def reference() -> Reference:
    """Return a small model."""
    return make_reference()


@pytest.fixture(scope="module")
def encoder(reference, library):
    """Return our encoder with the same weights and no projection."""
    return make_encoder(reference, library)


@pytest.fixture
def mended():
    """Patch the reference's relative position buckets to those of T5."""
    with exact_relative_buckets():
        yield


def make_encoder(reference, library, **options):
    from bot.musicgen.conditioning.text_encoder import TextEncoder

    return TextEncoder(reference.weights, CONFIG, WordTokenizer(), library=library, **options)


def words(count):
    return " ".join(f"word{i}" for i in range(count))


def assert_near(made, expected):
    np.testing.assert_allclose(made, expected, atol=2e-5 * np.abs(expected).max(), rtol=0)


@pytest.mark.parametrize("tokens", [1, 2, 5, 15, 16, 17, 33, 70, 140])
@pytest.mark.usefixtures("mended")
def test_states_equal_the_reference(reference, encoder, tokens) -> None:
    """Texts of every length, with padding or none."""
    prompt = words(tokens - 1)
    states = encoder.encode(prompt)
    assert states.shape == (tokens, CONFIG.hidden_size)
    assert states.dtype == np.float32
    assert_near(states, reference.encode(encoder.token_ids(prompt)))


def test_rounded_weights_change_the_states_by_a_few_thousandths(reference, kernel_library) -> None:
    """In half precision."""
    exact, rounded = (
        make_encoder(reference, kernel_library, precision=precision).encode(words(20))
        for precision in ("fp32", "int8")
    )
    difference = np.linalg.norm(rounded - exact) / np.linalg.norm(exact)
    assert 0 < difference < 5e-3


def test_letters_that_stand_for_others_are_encoded_as_those(encoder) -> None:
    """The word is the same with a Turkish i."""
    assert encoder.token_ids("DİSCO pıano").tolist() == encoder.token_ids("DISCO piano").tolist()


def test_the_projection_comes_last(reference, library, encoder) -> None:
    """States are projected to the decoder's width."""
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((32, CONFIG.hidden_size)).astype(np.float32)
    bias = rng.standard_normal(32).astype(np.float32)
    projecting = make_encoder(reference, library, projection=(weight, bias))
    prompt = words(9)
    assert_near(projecting.encode(prompt), encoder.encode(prompt) @ weight.T + bias)


def test_an_empty_prompt_is_encoded(reference, encoder) -> None:
    """Its only token is the end token."""
    assert_near(encoder.encode(""), reference.encode([CONFIG.end_token]))


def test_encoded_prompts_are_cached(reference, library) -> None:
    """The cached states are read-only."""
    encoder = make_encoder(reference, library)
    first = encoder.encode("calm piano")
    assert encoder.encode("calm piano") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1


def test_the_prompt_cache_is_lru(reference) -> None:
    """Its size is limited, and a prompt that is used again stays longer."""
    encoder = make_encoder(reference, None, cached_prompts=2)
    kept, lost = encoder.encode("one"), encoder.encode("two")
    encoder.encode("one")
    encoder.encode("three")
    assert encoder.encode("one") is kept
    assert encoder.encode("two") is not lost


def test_long_prompts_are_truncated(reference, encoder) -> None:
    """As transformers' tokenizers do: the end token stays the last."""
    ids = encoder.token_ids(words(600))
    assert len(ids) == 512
    assert ids[-1] == CONFIG.end_token
    np.testing.assert_array_equal(ids[:-1], encoder.token_ids(words(511))[:511])
    states = encoder.encode(words(600))
    assert states.shape == (512, CONFIG.hidden_size)
    assert np.isfinite(states).all()


@pytest.mark.parametrize(("buckets", "max_distance"), [(32, 128), (8, 32), (64, 256)])
def test_distances_fall_into_t5s_buckets(buckets, max_distance) -> None:
    """Near distances have a bucket each, far ones share; before and after differ."""
    import mindtorch

    from bot.musicgen.conditioning.text_encoder import relative_buckets

    distances = np.arange(-600, 601)
    expected = exact_buckets(
        mindtorch.tensor(distances), num_buckets=buckets, max_distance=max_distance
    )
    made = relative_buckets(distances, buckets=buckets, max_distance=max_distance)
    np.testing.assert_array_equal(made, expected.numpy())


def test_warming_up_changes_nothing(reference, encoder) -> None:
    """Compiling in advance caches no prompt."""
    encoder.warm_up()
    assert_near(encoder.encode("bass"), reference.encode(encoder.token_ids("bass")))


def test_a_prompt_can_be_read_in_pieces(library) -> None:
    """A deep encoder yields between its layers, and gives the same states."""
    from bot.musicgen.conditioning.text_encoder import TextEncoder

    weights = make_reference(layers=9).weights
    encoder, in_pieces = (
        TextEncoder(weights, replace(CONFIG, layers=9), WordTokenizer(), library=library)
        for _ in range(2)
    )
    pieces = in_pieces.read("slow jazz piano")
    count = 0
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            states = end.value
            break
        count += 1
    assert count == 2
    assert np.array_equal(states, encoder.encode("slow jazz piano"))
