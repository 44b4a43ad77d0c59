from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from bot.errors import CheckpointError
from bot.musicgen.baselines.synthetic import write_checkpoint
from bot.musicgen.baselines.synthetic_config import config_json
from bot.musicgen.checkpoint.config_json import parse_config
from bot.musicgen.checkpoint.presets import PRESETS, preset
from bot.musicgen.checkpoint.tensor_names import tensor_sizes


def count(name: str, prefix: str = "") -> int:
    sizes = tensor_sizes(preset(name))
    return sum(math.prod(size) for tensor, size in sizes.items() if tensor.startswith(prefix))


def test_the_small_shape_has_the_published_number_of_parameters():
    """audiocraft's musicgen-small has 420,371,456 parameters, including the projection."""
    assert count("musicgen-small", "decoder.") + count("musicgen-small", "enc_to_dec") == 420371456


def test_the_large_shape_has_the_size_in_its_name():
    """musicgen-large's decoder has 3.3 billion parameters."""
    assert count("musicgen-large", "decoder.") / 1e9 == pytest.approx(3.3, abs=0.05)


def test_every_preset_is_read_back_from_its_own_config():
    """Writing and reading config.json changes nothing."""
    for config in PRESETS.values():
        assert parse_config(json.loads(json.dumps(config_json(config)))) == config


def test_an_unknown_preset_lists_the_known_ones():
    """The error names the available presets."""
    with pytest.raises(CheckpointError, match="musicgen-small"):
        preset("musicgen-huge")


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path):
    """A checkpoint is reproducible from its configuration and seed."""
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_checkpoint(tmp_path / folder, preset("tiny"), seed=seed)
    first, same, other = ((tmp_path / f / "model.safetensors").read_bytes() for f in "abc")
    assert first == same
    assert first != other


def test_decoder_weights_are_exact_in_half_precision_and_the_rest_is_not(tiny_mono: Path):
    """As in Meta's files, which were trained and published in fp16."""
    weights = load_file(tiny_mono / "model.safetensors")

    def exact(array: np.ndarray) -> bool:
        return np.array_equal(array.astype(np.float16).astype(np.float32), array)

    assert all(exact(a) for n, a in weights.items() if n.startswith(("decoder.", "enc_to_dec")))
    assert not exact(weights["text_encoder.shared.weight"])
    assert not exact(weights["audio_encoder.encoder.layers.0.conv.weight_v"])


def test_rows_of_a_matrix_larger_than_one_random_block_differ(tmp_path):
    """A large matrix is filled from one block of random numbers, yet no two rows are equal."""
    tiny = preset("tiny")
    config = replace(tiny, decoder=replace(tiny.decoder, hidden_size=512, ffn_size=1024, layers=1))
    write_checkpoint(tmp_path, config)
    matrix = load_file(tmp_path / "model.safetensors")["decoder.model.decoder.layers.0.fc1.weight"]
    assert matrix.size > 2**18
    assert len(np.unique(matrix, axis=0)) == len(matrix)


def test_half_precision_files_hold_the_same_decoder(tmp_path, tiny_mono):
    """Storing everything as fp16 halves the file and loses nothing of the decoder."""
    write_checkpoint(tmp_path, preset("tiny"), half=True)
    half, whole = (load_file(f / "model.safetensors") for f in (tmp_path, tiny_mono))
    assert {array.dtype for array in half.values()} == {np.dtype(np.float16)}
    name = "decoder.lm_heads.3.weight"
    assert np.array_equal(half[name].astype(np.float32), whole[name])


def test_shards_equal_one_file(tmp_path, tiny_mono):
    """Split into several files with an index, as on the hub, the tensors are the same."""
    write_checkpoint(tmp_path, preset("tiny"), shard_bytes=200_000)
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    whole = load_file(tiny_mono / "model.safetensors")
    files = {name: load_file(tmp_path / name) for name in set(index["weight_map"].values())}
    assert len(files) > 3
    assert index["metadata"]["total_size"] == sum(array.nbytes for array in whole.values())
    assert index["weight_map"].keys() == whole.keys()
    for tensor, home in index["weight_map"].items():
        assert np.array_equal(files[home][tensor], whole[tensor])
