from __future__ import annotations

import gc
import json
import shutil
import subprocess
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bot.errors import CheckpointError, ResourceError
from bot.musicgen.baselines.synthetic import write_checkpoint
from bot.musicgen.checkpoint.load import Checkpoint, load
from bot.musicgen.checkpoint.presets import preset


@pytest.fixture(scope="module")
def mono(tiny_mono: Path) -> Checkpoint:
    """Return the tiny mono checkpoint, loaded."""
    return load(tiny_mono)


def written(folder: Path) -> dict[str, np.ndarray]:
    files = (load_file(file) for file in folder.glob("*.safetensors"))
    return {name: array for weights in files for name, array in weights.items()}


def loaded(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    """Return a checkpoint's arrays by their names in the file."""
    parts = {
        "decoder.": checkpoint.decoder,
        "text_encoder.": checkpoint.text,
        "audio_encoder.": checkpoint.codec,
        "enc_to_dec_proj.": checkpoint.projection,
    }
    return {f"{at}{name}": array for at, part in parts.items() for name, array in part.items()}


def test_weights_round_trip(mono, tiny_mono):
    """Every tensor that inference needs is loaded under its name, bit for bit."""
    want, have = written(tiny_mono), loaded(mono)
    dropped = ("weight_g", "weight_v", "inited", "cluster_size", "embed_avg")
    kept = {name for name in want if not name.endswith(dropped)}
    folded = {name.replace("weight_g", "weight") for name in want if name.endswith("weight_g")}
    assert have.keys() == kept | folded
    assert all(np.array_equal(have[name], want[name]) for name in kept)
    assert {array.dtype for array in have.values()} == {np.dtype(np.float32)}


def test_the_weight_norm_is_folded(mono, tiny_mono):
    """A convolution's weight is g * v / |v|."""
    want = written(tiny_mono)
    for name in (name for name in want if name.endswith("weight_g")):
        direction = want[name.replace("weight_g", "weight_v")].astype(np.float64)
        norm = np.sqrt((direction**2).sum(axis=(1, 2), keepdims=True))
        have = mono.codec[name.removeprefix("audio_encoder.").replace("weight_g", "weight")]
        np.testing.assert_allclose(have, want[name] * direction / norm, rtol=1e-5, atol=1e-7)


def test_folded_kernels_are_the_ones_mindnlp_computes_with(mono, mono_reference):
    """The effective weight of every convolution of EnCodec, in both directions."""
    network = mono_reference.model.audio_encoder
    kernels = {n: m.weight for n, m in network.named_modules() if hasattr(m, "parametrizations")}
    assert len(kernels) == 28
    for name, kernel in kernels.items():
        np.testing.assert_allclose(mono.codec[f"{name}.weight"], kernel.asnumpy(), rtol=1e-6)


def test_the_text_encoder_embeds_with_the_shared_table(mono, mono_reference):
    """T5's embeddings are one tensor under two names, tied by MindNLP, too."""
    table = mono_reference.model.text_encoder.encoder.embed_tokens.weight.asnumpy()
    assert np.array_equal(mono.text["shared.weight"], table)


def test_shape_sampling_and_name_are_loaded(mono, tiny_mono):
    """They are part of the checkpoint beside the weights."""
    assert mono.name == tiny_mono.name
    assert mono.config == preset("tiny")
    assert mono.sampling.top_k == 250
    assert mono.config.codec.hop == 640
    assert mono.config.codec.frame_rate == 50


def test_the_tokenizer_ends_a_prompt(mono):
    """Prompts become ids of the text encoder's vocabulary, followed by T5's end token."""
    ids = mono.tokenizer.encode("90s rock, with a loud guitar")
    assert ids[-1] == mono.config.text.end_token
    assert max(ids) < mono.config.text.vocab_size
    assert len(set(ids)) > 5


def test_a_stereo_checkpoint_has_eight_codebooks(tiny_stereo):
    """Left and right are eight streams of one decoder over a mono codec."""
    stereo = load(tiny_stereo)
    assert stereo.config == preset("tiny-stereo")
    assert "lm_heads.7.weight" in stereo.decoder
    assert "quantizer.layers.4.codebook.embed" not in stereo.codec


def test_half_precision_files_are_widened(tmp_path, mono):
    """fp16 weights are loaded as fp32, the decoder's without any loss."""
    write_checkpoint(tmp_path, preset("tiny"), half=True)
    half = load(tmp_path)
    assert {array.dtype for array in loaded(half).values()} == {np.dtype(np.float32)}
    for name, array in mono.decoder.items():
        assert np.array_equal(half.decoder[name], array)


def test_bfloat16_files_are_widened(tmp_path, tiny_mono):
    """bfloat16 becomes fp32 exactly, including numbers beyond fp16's range."""
    folder = Path(shutil.copytree(tiny_mono, tmp_path / "model"))
    weights = written(folder)
    weights["decoder.lm_heads.0.weight"][0, 0] = 1e30
    cut = {name: array.astype(ml_dtypes.bfloat16) for name, array in weights.items()}
    save_file(cut, folder / "model.safetensors", {"format": "pt"})
    have = loaded(load(folder))
    for name in ("decoder.lm_heads.0.weight", "text_encoder.shared.weight"):
        assert np.array_equal(have[name], cut[name].astype(np.float32))


def test_shards_load_as_one(tmp_path, mono):
    """A model in several files is the same model."""
    write_checkpoint(tmp_path, preset("tiny"), shard_bytes=200_000)
    have, want = loaded(load(tmp_path)), loaded(mono)
    assert have.keys() == want.keys()
    assert all(np.array_equal(have[name], want[name]) for name in want)


def test_arrays_outlive_the_model_and_are_freed_separately(tiny_mono):
    """Dropping an array unmaps its part of the file, so packing weights frees memory as it goes."""

    def mapped() -> int:
        return Path("/proc/self/maps").read_text().count(str(tiny_mono / "model.safetensors"))

    gc.collect()
    before = mapped()
    checkpoint = load(tiny_mono)
    total = float(sum(np.abs(array).sum() for array in checkpoint.decoder.values()))
    assert np.isfinite(total)
    assert mapped() > before
    for part in (checkpoint.decoder, checkpoint.text, checkpoint.codec, checkpoint.projection):
        while part:
            part.popitem()
    assert mapped() == before


def test_writing_to_an_array_does_not_change_the_file(tiny_mono):
    """The mapping is private to the process."""
    path = tiny_mono / "model.safetensors"
    before = path.read_bytes()
    load(tiny_mono).decoder["lm_heads.0.weight"][:] = 0
    assert path.read_bytes() == before


def test_a_model_larger_than_memory_is_refused_before_loading(tiny_mono):
    """Keys and values of a million slots do not fit."""
    with pytest.raises(ResourceError, match="fewer slots"):
        load(tiny_mono, slots=10**6)


def test_a_broken_tokenizer_is_reported(tiny_mono, tmp_path):
    """A tokenizer that can't be parsed gives one sentence."""
    folder = Path(shutil.copytree(tiny_mono, tmp_path / "model"))
    (folder / "tokenizer.json").write_text(json.dumps({"version": "1.0"}))
    with pytest.raises(CheckpointError, match="tokenizer in .* can't be read"):
        load(folder)


def test_a_folder_that_is_no_checkpoint_is_refused(tmp_path):
    """Loading raises what inspection finds."""
    with pytest.raises(CheckpointError, match="no config"):
        load(tmp_path)


def test_importing_the_module_brings_no_model_library():
    """Only a process that loads a model imports MindSpore, MindNLP and transformers."""
    code = (
        "import sys, bot.musicgen.checkpoint.load;"
        "import bot.musicgen.baselines.mindnlp_reference, bot.musicgen.baselines.synthetic;"
        "print({'mindspore', 'mindnlp', 'transformers', 'huggingface_hub'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_loading_prints_nothing_and_asks_the_configured_hub(tmp_path):
    """No notices or progress bars of libraries are printed, and MindNLP's mirror is not used."""
    write_checkpoint(tmp_path, preset("tiny"), shard_bytes=200_000)
    code = (
        "import os, sys; from bot.musicgen.checkpoint.load import load;"
        f"load({str(tmp_path)!r}, hub='https://hub.example');"
        "assert os.environ['HF_ENDPOINT'] == 'https://hub.example';"
        "assert 'diffusers' not in sys.modules and 'mindnlp.diffusers' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
