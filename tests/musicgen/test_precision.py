"""Weights and keys and values in 16 and 8 bits: how scores change, and what must not change."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bot.domain.generation import Precision
from bot.musicgen.decoder.interface import Conditioning, Decoder
from bot.musicgen.kernels import build
from bot.musicgen.kernels.packing import pack, to_bfloat16
from bot.musicgen.kernels.quantization import GROUP, INT4_GROUP, PANEL
from tests.musicgen.test_decoder import CONFIG, POSITIONS, random_weights, rows, states, tokens
from tests.support.quick_compilation import compile_decoder

ALL: tuple[Precision, ...] = ("fp32", "bf16", "int8", "int4")


@pytest.fixture(scope="module")
def kernels(kernel_cache: Path) -> Path:
    """Return the compiled kernels."""
    return build.compile_kernels(kernel_cache / "kernels")


def decoder(library: Path, precision: Precision, weights: dict | None = None) -> Decoder:
    """Return a decoder of random weights, which need 32 bits to be exact."""
    from bot.musicgen.decoder.kernel_decoder import KernelDecoder

    return KernelDecoder(
        weights or random_weights(half=False),
        CONFIG,
        library,
        slots=8,
        positions=POSITIONS,
        precision=precision,
    )


def heavy_tailed() -> dict:
    """Return weights as trained ones are: some columns many times larger, and a few outliers."""
    rng = np.random.default_rng(5)
    weights = random_weights(half=False)
    for name, values in weights.items():
        if values.ndim == 2 and "embed" not in name:
            values *= np.exp(0.6 * rng.standard_normal((len(values), 1))).astype(np.float32)
            outliers = rng.random(values.shape) < 0.001
            values[outliers] *= 12
            values *= 0.3 / values.std()
    return weights


def listen(decoders: list[Decoder], steps: int = 40) -> np.ndarray:
    """Return the scores of each decoder over some steps of three sequences, two with a text."""
    made = []
    for one in decoders:
        one.set_conditioning(2, Conditioning(text_states=states(7)))
        one.set_conditioning(0, Conditioning(text_states=states(40)[::-1].copy()))
        made.append(
            [
                one.step(rows(tokens(3, position), [2, 0, 1], [position] * 3, [7, 40, 0]))
                for position in range(steps)
            ]
        )
    return np.array(made)


def error(scores: np.ndarray, exact: np.ndarray) -> float:
    """Return the size of the error relative to that of the scores."""
    return float(np.linalg.norm(scores - exact) / np.linalg.norm(exact))


def test_int8_weights_are_rounded_to_nearest_per_group() -> None:
    """No weight is off by more than half a step of its column in its group."""
    weights = np.random.default_rng(0).standard_normal((100, 300)).astype(np.float32)
    packed = pack([partial(weights.__getitem__, slice(None))], (100, 300), "int8")
    assert packed.dtype == np.uint8
    for panel, columns in enumerate(np.split(np.pad(weights, ((0, 28), (0, 0))), 2)):
        numbers = packed[0, panel].reshape(-1)
        for first in range(0, 300, GROUP):
            group = columns[:, first : first + GROUP]
            scales, numbers = numbers[: 4 * PANEL].view(np.float32), numbers[4 * PANEL :]
            count = group.size
            whole, numbers = numbers[:count].astype(np.int32) - 128, numbers[count:]
            read = whole.reshape(-1, PANEL, 4).transpose(1, 0, 2).reshape(PANEL, -1)
            assert np.abs(read).max() <= 127
            assert np.allclose(scales, np.abs(group).max(1) / 127)
            assert np.all(np.abs(read * scales[:, None] - group) <= scales[:, None] * 0.5001)
        assert len(numbers) == 0


def test_int4_weights_are_close_and_keep_the_largest() -> None:
    """A group's mean error is a twelfth of its spread, and none exceeds a step."""
    weights = np.random.default_rng(0).standard_normal((100, 96)).astype(np.float32)
    weights[:, 5] = 0
    weights[3] = 0
    packed = pack([lambda: weights], (100, 96), "int4")
    assert packed.dtype == np.uint32
    read = np.zeros((128, 96), np.float32)
    for panel in range(2):
        groups = packed[0, panel].view(np.uint8).reshape(96 // INT4_GROUP, -1)
        for number, group in enumerate(groups):
            scales = group[: 2 * PANEL].view(np.float16).astype(np.float32)
            pairs = group[2 * PANEL :].reshape(-1, PANEL, 1, 4)
            whole = np.concatenate([pairs & 15, pairs >> 4], 2).astype(np.int32) - 8
            columns = whole.transpose(1, 0, 2, 3).reshape(PANEL, INT4_GROUP)
            assert columns.min() >= -8
            assert columns.max() <= 7
            place = (
                slice(panel * PANEL, (panel + 1) * PANEL),
                slice(number * INT4_GROUP, (number + 1) * INT4_GROUP),
            )
            read[place] = columns * scales[:, None]
            most = np.abs(np.pad(weights, ((0, 28), (0, 0)))[place]).max(1)
            assert np.all(np.abs(scales) <= most / 6.79)
    assert not read[100:].any()
    assert not read[3].any()
    assert error(read[:100], weights) < 0.085


def test_widths_not_divisible_by_groups_use_int8() -> None:
    """int4 needs groups of 32 inputs: other sizes fall back to int8."""
    weights = np.random.default_rng(0).standard_normal((32, 48)).astype(np.float32)
    packed = pack([lambda: weights], (32, 48), "int4")
    assert np.array_equal(packed, pack([lambda: weights], (32, 48), "int8"))


def test_widths_not_divisible_by_four_use_16_bits() -> None:
    """The instruction multiplies four bytes at once: other sizes fall back to bfloat16."""
    weights = np.random.default_rng(0).standard_normal((32, 10)).astype(np.float32)
    packed = pack([lambda: weights], (32, 10), "int8")
    assert packed.dtype == np.uint16
    assert np.array_equal(packed[0].transpose(0, 2, 1).reshape(32, 10), to_bfloat16(weights))


def test_bfloat16_is_rounded_to_the_nearest_even() -> None:
    """As ml_dtypes does."""
    import ml_dtypes

    values = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    values[:3] = 1.00390625, 1.01171875, 0.0  # two ties, and zero
    assert np.array_equal(to_bfloat16(values), values.astype(ml_dtypes.bfloat16).view(np.uint16))


def test_weights_exact_in_half_precision_stay_so(kernels: Path) -> None:
    """bf16 would lose bits and be no smaller: only keys and values are rounded."""
    exact, rounded = (
        decoder(kernels, precision, random_weights(half=True)) for precision in ("fp32", "bf16")
    )
    first = [one.step(rows(tokens(2), [0, 1], [0, 0], [0, 0])) for one in (exact, rounded)]
    assert error(first[1], first[0]) < 2e-3  # there is only one past position
    assert rounded.description == "kernels, weights in 16 bits"


@pytest.mark.parametrize("weights", [random_weights, heavy_tailed])
@pytest.mark.parametrize(("precision", "bound"), [("bf16", 0.01), ("int8", 0.03), ("int4", 0.3)])
def test_logits_stay_close(kernels: Path, weights, precision: Precision, bound: float) -> None:
    """Over forty steps they differ by a few thousandths or hundredths from those in fp32."""
    make = partial(weights, half=False) if weights is random_weights else weights
    exact, rounded = listen([decoder(kernels, name, make()) for name in ("fp32", precision)])
    assert 0 < error(rounded, exact) < bound


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what compiles the decoder's kernels without some instructions.

    On a processor that has none of them, the compiler is given the same twice: it compiles once.
    """
    compiler = next(c for c in build.find_compilers() if c.command != build.BUNDLED)
    libraries: dict[bytes, Path] = {}

    def compile_without(option: str) -> Path:
        command = (*compiler.command, option)
        target = [*command, "-march=native", "-dM", "-E", "-x", "c++", os.devnull]
        macros = subprocess.run(target, check=True, capture_output=True).stdout
        if macros not in libraries:
            # Optimized, as unoptimized code rounds products before adding them.
            libraries[macros] = compile_decoder(tmp_path_factory.mktemp("older"), command, "-O2")
        return libraries[macros]

    return compile_without


@pytest.mark.parametrize("without", ["-mno-avx512vnni", "-mno-avx512f"])
def test_cpus_without_dot_product_instructions_give_the_same_tokens(
    kernels: Path, compiled: Callable[[str], Path], without: str
) -> None:
    """Older processors compute the same bit for bit, only slower."""
    library = compiled(without)
    assert not build.supports_int8(library)
    for precision in ALL:
        here, there = listen([decoder(one, precision) for one in (kernels, library)], steps=10)
        assert np.array_equal(there, here), precision


def test_cpus_without_half_precision_can_load_it(kernels: Path, tmp_path: Path) -> None:
    """The scales of int4 and weights in half precision are widened number by number."""
    compiler = next(c for c in build.find_compilers() if c.command != build.BUNDLED)
    oldest = (*compiler.command, "-mno-avx512f", "-mno-f16c")
    library = compile_decoder(tmp_path, oldest, "-O0")
    bounds: dict[Precision, float] = {"fp32": 1e-5, "int4": 1e-2}
    for precision, bound in bounds.items():
        weights = partial(random_weights, half=True)
        libraries = (kernels, library)
        here, there = listen([decoder(one, precision, weights()) for one in libraries], steps=10)
        assert error(there, here) < bound


_SCORES = """
import hashlib, os, sys
from pathlib import Path
import bot.musicgen.decoder.kernel_decoder
from tests.musicgen.test_precision import decoder, listen
from bot.musicgen.kernels.build import set_threads
library = Path(sys.argv[1])
for threads in sys.argv[2:]:
    pid = os.fork()
    if pid:
        assert os.waitpid(pid, 0)[1] == 0
        continue
    set_threads(library, int(threads))
    scores = hashlib.sha256(listen([decoder(library, "int8")], steps=10).tobytes()).hexdigest()
    print("scores", threads, scores, flush=True)
    os._exit(0)
"""
THREADS = (1, 2, 3)


@pytest.fixture(scope="module")
def scores_by_threads(kernels: Path) -> dict[int, str]:
    """Return a digest of the scores by the number of threads, each from another process.

    They are forked from one with all imports, which take longer than the scores.
    """
    done = subprocess.run(
        [sys.executable, "-c", _SCORES, str(kernels), *map(str, THREADS)],
        capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("scores ")]
    return {int(threads): digest for _, threads, digest in lines}


@pytest.mark.parametrize("threads", THREADS)
def test_the_number_of_threads_does_not_change_results(
    kernels: Path, scores_by_threads: dict[int, str], threads: int
) -> None:
    """One core, two, or an odd number of threads give bit for bit the same scores."""
    expected = hashlib.sha256(listen([decoder(kernels, "int8")], steps=10).tobytes()).hexdigest()
    assert scores_by_threads[threads] == expected
