"""MusicGen checkpoints of any size with random weights, in the hub's format.

They allow measuring speed and testing the whole program without a download. Needs only numpy and
tokenizers; files are streamed, so that the largest model takes little memory.

The weights are scaled so that the model resembles a trained one where it matters: spread logits,
tokens that depend on prompt and position, audio of moderate loudness.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from bot.musicgen.baselines.synthetic_config import write_settings
from bot.musicgen.checkpoint.model_config import (
    CodecConfig,
    DecoderConfig,
    ModelConfig,
    TextEncoderConfig,
)
from bot.musicgen.checkpoint.tensor_names import tensor_sizes

# Not a power of two, so that the rows of a large matrix are shifted copies and never equal ones.
_BLOCK_VALUES = (1 << 18) - 5


def write_checkpoint(
    folder: Path,
    config: ModelConfig,
    *,
    seed: int = 0,
    half: bool = False,
    shard_bytes: int | None = None,
) -> None:
    """Write a checkpoint with random weights into a folder, created if missing.

    `half` stores every tensor as fp16 instead of fp32. `shard_bytes` splits the weights into
    several files of at most that size (or one tensor) with an index, as the hub does with large
    models. The same configuration and seed give the same bytes. The decoder's fp32 numbers are
    exact in fp16, since Meta trained and published MusicGen in fp16, and the hub's fp32 files are
    widened from it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_settings(folder, config)
    dtype = np.dtype(np.float16 if half else np.float32)
    files = _split_into_shards(tensor_sizes(config), dtype, shard_bytes)
    for name, sizes in files.items():
        with (folder / name).open("wb") as file:
            _write_weights(file, sizes, dtype, config, seed)
    if len(files) > 1:
        shards = {tensor: name for name, sizes in files.items() for tensor in sizes}
        total = sum(math.prod(size) for sizes in files.values() for size in sizes.values())
        index = {"metadata": {"total_size": total * dtype.itemsize}, "weight_map": shards}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2))


_Sizes = dict[str, tuple[int, ...]]


def _split_into_shards(sizes: _Sizes, dtype: np.dtype[Any], limit: int | None) -> dict[str, _Sizes]:
    shards: list[_Sizes] = [{}]
    used = 0
    for name, size in sorted(sizes.items()):
        size_bytes = math.prod(size) * dtype.itemsize
        if limit is not None and used and used + size_bytes > limit:
            shards.append({})
            used = 0
        shards[-1][name] = size
        used += size_bytes
    if len(shards) == 1:
        return {"model.safetensors": shards[0]}
    last = len(shards)
    return {f"model-{n:05}-of-{last:05}.safetensors": shard for n, shard in enumerate(shards, 1)}


def _write_weights(
    file: BinaryIO, sizes: _Sizes, dtype: np.dtype[Any], config: ModelConfig, seed: int
) -> None:
    # safetensors' own writer wants every tensor in memory at once; the format is a JSON header
    # behind its length, then the bytes.
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, size in sizes.items():
        start, end = end, end + math.prod(size) * dtype.itemsize
        code = "F16" if dtype.itemsize == 2 else "F32"
        header[name] = {"dtype": code, "shape": size, "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for name, size in sizes.items():
        for block in _blocks(name, size, config, seed):
            file.write(block.astype(dtype, copy=False).data)


def _blocks(
    name: str, size: tuple[int, ...], config: ModelConfig, seed: int
) -> Iterator[NDArray[np.float32]]:
    random = np.random.default_rng([seed, zlib.crc32(name.encode())])
    count = math.prod(size)
    recipe = _recipe(name, size, config)
    noise = random.standard_normal(min(count, _BLOCK_VALUES), dtype=np.float32)
    block = noise * np.float32(recipe.spread) + np.float32(recipe.centre)
    if name.startswith(("decoder.", "enc_to_dec_proj.", "audio_enc_to_dec_proj.")):
        block = block.astype(np.float16).astype(np.float32)
    for start in range(0, count, block.size):
        yield block[: count - start]


@dataclass(frozen=True, slots=True)
class _Recipe:
    """The distribution of one tensor's numbers: normal around a centre."""

    spread: float
    centre: float = 0.0


def _recipe(name: str, size: tuple[int, ...], config: ModelConfig) -> _Recipe:
    if name.startswith("audio_encoder."):
        return _codec_recipe(name, size, config.codec)
    if name.startswith("audio_enc_to_dec_proj."):
        return _Recipe(0.7 if name.endswith(".weight") else 0.1)
    if "layer_norm" in name:
        return _Recipe(0.05) if name.endswith(".bias") else _Recipe(0.1, 1.0)
    if name.startswith("text_encoder."):
        return _text_recipe(name, size, config.text)
    return _decoder_recipe(name, size, config.decoder)


def _decoder_recipe(name: str, size: tuple[int, ...], config: DecoderConfig) -> _Recipe:
    if "embed_tokens" in name:
        # Otherwise the position's sinusoid outweighs the codebooks' sum, and all tokens look alike.
        return _Recipe(4.0 / math.sqrt(config.codebooks))
    if name == "enc_to_dec_proj.bias":
        return _Recipe(0.1)
    gain = 1.0 / math.sqrt(size[-1])
    if "lm_heads" in name:
        return _Recipe(2.0 * gain)
    if "q_proj" in name or "k_proj" in name:
        return _Recipe(1.2 * gain)
    if "out_proj" in name or "fc2" in name:
        # Keeps the size of the residual stream independent of depth.
        return _Recipe(gain * min(1.0, 2.0 / math.sqrt(config.layers)))
    return _Recipe(gain)


def _text_recipe(name: str, size: tuple[int, ...], config: TextEncoderConfig) -> _Recipe:
    if "shared" in name:
        return _Recipe(1.0)
    if "relative_attention_bias" in name:
        return _Recipe(0.5)
    gain = 1.0 / math.sqrt(size[-1])
    if name.endswith(".q.weight"):
        # T5 doesn't divide attention scores by the head size; its query weights contain the factor.
        return _Recipe(gain / math.sqrt(config.head_size))
    return _Recipe(gain)


def _codec_recipe(name: str, size: tuple[int, ...], config: CodecConfig) -> _Recipe:
    if name.endswith("inited"):
        return _Recipe(0.0, 1.0)
    if name.endswith("cluster_size"):
        return _Recipe(0.1, 1.0)
    if ".codebook.embed" in name:
        book = int(name.split(".quantizer.layers.")[1].split(".")[0])
        # Each codebook encodes the residual of the previous ones.
        return _Recipe(0.5**book)
    if name.endswith("bias"):
        return _Recipe(0.02)
    if ".lstm." in name:
        return _Recipe(0.5 / math.sqrt(size[-1]))
    if name.endswith("weight_g"):
        return _norm_recipe(name, config)
    return _Recipe(1.0)


def _norm_recipe(name: str, config: CodecConfig) -> _Recipe:
    """Return the norm of a convolution's kernels that preserves the signal's size."""
    layer = int(name.split(".layers.")[1].split(".")[0])
    if ".block." in name or ".shortcut." in name:
        return _Recipe(0.05, 0.6)
    first_up, step = 3, 2 + config.residual_layers
    stage, offset = divmod(layer - first_up, step)
    if ".decoder." in name and offset == 0 and 0 <= stage < len(config.ratios):
        # Two kernels overlap at each sample of a transposed convolution.
        return _Recipe(0.05, math.sqrt(config.ratios[stage] / 2))
    if ".decoder." in name and stage == len(config.ratios):
        return _Recipe(0.0, 0.3)  # The sound: nearly always within [-1, 1].
    return _Recipe(0.05, 1.0)
