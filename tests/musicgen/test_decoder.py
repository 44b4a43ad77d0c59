"""The decoder step: kernels against MindSpore's operations, and rows against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.domain.generation import Precision
from bot.musicgen.checkpoint.model_config import (
    CodecConfig,
    DecoderConfig,
    ModelConfig,
    TextEncoderConfig,
)
from bot.musicgen.checkpoint.tensor_names import tensor_sizes
from bot.musicgen.decoder.interface import Conditioning, Decoder, Rows

CONFIG = DecoderConfig(hidden_size=64, layers=3, heads=4, ffn_size=144, vocab_size=100)
POSITIONS = 64


def random_weights(*, half: bool) -> dict[str, Any]:
    """Return weights of CONFIG, exactly representable in 16 bits or not."""
    rng = np.random.default_rng(0)
    weights = {}
    everything = tensor_sizes(
        ModelConfig(decoder=CONFIG, text=TextEncoderConfig(), codec=CodecConfig())
    )
    for name, size in everything.items():
        if name.startswith("decoder."):
            values = rng.standard_normal(size, dtype=np.float32) * (0.3 if len(size) > 1 else 1.0)
            exact = values.astype(np.float16).astype(np.float32)
            weights[name.removeprefix("decoder.")] = exact if half else values
    return weights


@pytest.fixture(scope="module")
def kernels(kernel_cache: Path) -> Path:
    """Return the compiled kernels."""
    from bot.musicgen.kernels.build import compile_kernels

    return compile_kernels(kernel_cache / "kernels")


def kernel_decoder(
    library: Path, *, half: bool, slots: int = 8, precision: Precision = "fp32"
) -> Decoder:
    """Return a decoder on the kernels."""
    from bot.musicgen.decoder.kernel_decoder import KernelDecoder

    return KernelDecoder(
        random_weights(half=half),
        CONFIG,
        library,
        slots=slots,
        positions=POSITIONS,
        precision=precision,
    )


def builtin_decoder(*, slots: int = 8) -> Decoder:
    """Return a decoder on MindSpore's operations."""
    from bot.musicgen.decoder.builtin_decoder import BuiltinDecoder

    return BuiltinDecoder(random_weights(half=True), CONFIG, slots=slots, positions=POSITIONS)


def rows(tokens: np.ndarray, slots: list[int], positions: list[int], texts: list[int]) -> Rows:
    """Return the rows of one step."""
    as_ints = [np.array(values, np.int32) for values in (slots, positions, texts)]
    return Rows(tokens=tokens, slots=as_ints[0], positions=as_ints[1], text_lengths=as_ints[2])


def tokens(count: int, seed: int = 1) -> np.ndarray:
    """Return random tokens, the start token among them, [count, codebooks]."""
    drawn = np.random.default_rng(seed).integers(0, CONFIG.vocab_size + 1, (count, 4))
    return drawn.astype(np.int32)


def states(count: int) -> np.ndarray:
    """Return the text states, [count, hidden_size]."""
    return np.random.default_rng(2).standard_normal((count, CONFIG.hidden_size), dtype=np.float32)


def test_kernels_and_builtin_operations_give_the_same_logits(kernels: Path) -> None:
    """Thirty steps of three sequences, two of them with a text, agree up to rounding."""
    decoders = [kernel_decoder(kernels, half=True), builtin_decoder()]
    for decoder in decoders:
        decoder.set_conditioning(2, Conditioning(text_states=states(7)))
        decoder.set_conditioning(0, Conditioning(text_states=states(40)[::-1].copy()))
    for position in range(30):
        step = rows(tokens(3, position), [2, 0, 1], [position] * 3, [7, 40, 0])
        ours, theirs = (decoder.step(step) for decoder in decoders)
        assert np.allclose(ours, theirs, atol=2e-5)


def test_weights_that_fit_sixteen_bits_lose_nothing(kernels: Path) -> None:
    """The same weights stored in 16 and in 32 bits give bit for bit the same logits.

    One number that needs 32 bits makes its kind of weight 32 bits in all layers; it multiplies a
    hidden unit that is always zero, so that nothing else changes.
    """
    from bot.musicgen.decoder.kernel_decoder import KernelDecoder
    from bot.musicgen.kernels.packing import fits_float16

    logits = []
    for number in (np.float16(1 / 3), np.float32(1 / 3)):
        weights = random_weights(half=True)
        weights["model.decoder.layers.1.fc1.weight"][5] = 0
        weights["model.decoder.layers.1.fc2.weight"][:, 5] = number
        assert fits_float16(weights["model.decoder.layers.1.fc2.weight"]) == isinstance(
            number, np.float16
        )
        decoder = KernelDecoder(weights, CONFIG, kernels, slots=8, positions=POSITIONS)
        logits.append(decoder.step(rows(tokens(3), [0, 1, 2], [0, 0, 0], [0, 0, 0])))
    narrow, wide = logits
    assert np.array_equal(narrow, wide)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8", "int4"])
@pytest.mark.parametrize("company", [1, 3, 7])
def test_a_row_does_not_depend_on_other_rows(
    kernels: Path, precision: Precision, company: int
) -> None:
    """A row alone and the same row in a batch give bit for bit the same logits."""
    alone, among = (kernel_decoder(kernels, half=False, precision=precision) for _ in range(2))
    for position in range(20):
        mine = tokens(1, 100 + position)
        expected = alone.step(rows(mine, [0], [position], [0]))
        everyone = np.concatenate([tokens(company, position), mine])
        slots = [*range(1, company + 1), 0]
        got = among.step(rows(everyone, slots, [position] * (company + 1), [0] * (company + 1)))
        assert np.array_equal(got[-1], expected[0])


@pytest.mark.parametrize(
    ("precision", "half"), [("fp32", True), ("bf16", False), ("int8", False), ("int4", False)]
)
def test_chunked_prefill_equals_token_by_token_prefill(
    kernels: Path, precision: Precision, half: bool
) -> None:
    """Several positions of one slot in one step see each other as in separate steps."""
    one_by_one, chunked = (
        kernel_decoder(kernels, half=half, precision=precision) for _ in range(2)
    )
    prompt = tokens(30)
    expected = [one_by_one.step(rows(prompt[i : i + 1], [3], [i], [0]))[0] for i in range(30)]
    first = chunked.step(rows(prompt[:13], [3] * 13, list(range(13)), [0] * 13))
    rest = chunked.step(rows(prompt[13:], [3] * 17, list(range(13, 30)), [0] * 17))
    assert np.array_equal(np.concatenate([first, rest]), np.array(expected))


def test_a_reused_slot_has_no_old_state(kernels: Path) -> None:
    """Nothing of an earlier, longer sequence in a slot is visible to the next."""
    used, fresh = kernel_decoder(kernels, half=True), kernel_decoder(kernels, half=True)
    used.set_conditioning(0, Conditioning(text_states=states(50)))
    for position in range(40):
        used.step(rows(tokens(1, position), [0], [position], [50]))
    for decoder in (used, fresh):
        decoder.set_conditioning(0, Conditioning(text_states=states(5)))
    for position in range(20):
        step = rows(tokens(1, 900 + position), [0], [position], [5])
        assert np.array_equal(used.step(step), fresh.step(step))


def test_a_long_text_is_encoded_in_parts(kernels: Path) -> None:
    """A text of 100 tokens gives the same as MindSpore's operations."""
    decoders = [kernel_decoder(kernels, half=True), builtin_decoder()]
    for decoder in decoders:
        decoder.set_conditioning(0, Conditioning(text_states=states(100)))
    step = rows(tokens(1), [0], [0], [100])
    ours, theirs = (decoder.step(step) for decoder in decoders)
    assert np.allclose(ours, theirs, atol=2e-5)


def test_builtin_reads_rows_of_one_slot_in_turn() -> None:
    """The builtin decoder takes chunks, too, one position after the other."""
    one_by_one, chunked = builtin_decoder(), builtin_decoder()
    prompt = tokens(5)
    expected = [one_by_one.step(rows(prompt[i : i + 1], [3], [i], [0]))[0] for i in range(5)]
    got = chunked.step(rows(prompt, [3] * 5, list(range(5)), [0] * 5))
    assert np.array_equal(got, np.array(expected))


def test_a_device_s_decoder_stays_close_in_half_precision(kernels: Path) -> None:
    """In fp16 and fixed shapes, logits differ by at most a fiftieth of their spread.

    Nothing is compiled after the warm-up, and a slot's state can be copied to another slot.
    """
    from bot.musicgen.decoder.builtin_decoder import BuiltinDecoder

    exact = kernel_decoder(kernels, half=True)
    half = BuiltinDecoder(
        random_weights(half=True),
        CONFIG,
        slots=3,
        positions=POSITIONS,
        precision="fp16",
        fixed=True,
    )
    half.warm_up()
    graphs = half.graphs
    for decoder in (exact, half):
        decoder.set_conditioning(0, Conditioning(text_states=states(100)))
    for position in range(4):
        step = rows(tokens(2, position), [0, 1], [position] * 2, [100, 0])
        ours, theirs = half.step(step), exact.step(step)
        assert np.abs(ours - theirs).max() < 0.02 * theirs.std()
    half.copy_past(1, 2, range(4))
    last = tokens(1, 9)
    in_one, in_other = (half.step(rows(last, [slot], [4], [0])) for slot in (1, 2))
    assert np.array_equal(in_one, in_other)
    assert half.graphs == graphs
