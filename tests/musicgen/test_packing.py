"""The memory layout of weights for the kernels."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from bot.musicgen.kernels.packing import allocate, fits_float16, pack


def weights(outputs: int, inputs: int, seed: int = 0) -> np.ndarray:
    """Return random weights that 16 bits hold exactly, [outputs, inputs]."""
    values = np.random.default_rng(seed).standard_normal((outputs, inputs))
    return values.astype(np.float16).astype(np.float32)


@pytest.mark.parametrize("outputs", [16, 48, 100])
def test_a_panel_has_sixteen_interleaved_columns(outputs: int) -> None:
    """Column c of the product is in panel c / 16 at c % 16; the last panel is padded with 0."""
    layers = [weights(outputs, 8, seed) for seed in range(3)]
    packed = pack([partial(layers.__getitem__, i) for i in range(3)], (outputs, 8))
    for layer, expected in zip(packed, layers, strict=True):
        columns = layer.transpose(0, 2, 1).reshape(-1, 8)
        assert np.array_equal(columns[:outputs], expected)
        assert not columns[outputs:].any()


def test_weights_exact_in_fp16_are_stored_in_fp16() -> None:
    """Numbers widened from half precision take half the memory again."""
    assert pack([lambda: weights(32, 8)], (32, 8)).dtype == np.float16


def test_one_inexact_weight_keeps_all_layers_in_fp32() -> None:
    """1/3 needs 32 bits: then every layer has 32, including earlier ones."""
    odd = weights(32, 8)
    odd[3, 3] = 1 / 3
    packed = pack([lambda: weights(32, 8), lambda: odd], (32, 8))
    assert packed.dtype == np.float32
    assert np.array_equal(packed[0].transpose(0, 2, 1).reshape(-1, 8), weights(32, 8))
    assert packed[1, 0, 3, 3] == np.float32(1 / 3)


@pytest.mark.parametrize("number", [1 / 3, 70_000.0, 1e-9])
def test_values_outside_fp16_are_inexact(number: float) -> None:
    """Rounding, overflow and underflow all count as loss."""
    assert not fits_float16(np.array([[0.5, number]], np.float32))


def test_memory_is_zeroed_and_aligned() -> None:
    """Kernels read whole cache lines from the first number on."""
    memory = allocate((3, 5), np.float32)
    assert memory.ctypes.data % 4096 == 0
    assert not memory.any()


def test_unsupported_head_sizes_use_builtin_operations():
    """The attention kernel keeps a head's numbers on the stack."""
    from bot.musicgen.kernels.packing import fits_kernels

    assert fits_kernels(16)
    assert fits_kernels(64)
    assert fits_kernels(256)
    assert not fits_kernels(272)
    assert not fits_kernels(24)
