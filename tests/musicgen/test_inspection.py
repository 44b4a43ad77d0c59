from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bot.domain.generation import Sampling
from bot.errors import CheckpointError
from bot.musicgen.baselines.synthetic import write_checkpoint
from bot.musicgen.checkpoint.fingerprint import fingerprint
from bot.musicgen.checkpoint.inspection import inspect
from bot.musicgen.checkpoint.presets import preset


@pytest.fixture
def folder(tiny_mono: Path, tmp_path: Path) -> Path:
    """Return a copy of a good checkpoint, to be damaged."""
    return Path(shutil.copytree(tiny_mono, tmp_path / "model"))


def edit(path: Path, *keys: str, value: Any) -> None:
    contents = json.loads(path.read_text())
    part = contents
    for key in keys[:-1]:
        part = part[key]
    part[keys[-1]] = value
    path.write_text(json.dumps(contents))


def rename(folder: Path, names: dict[str, str]) -> None:
    weights = load_file(folder / "model.safetensors")
    weights = {names.get(name, name): array for name, array in weights.items()}
    save_file(weights, folder / "model.safetensors")


def refusal(folder: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        inspect(folder)
    sentence = str(caught.value.sentence)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_a_good_folder_is_described(tiny_mono):
    """Shape, recommended sampling and size on disk are read without loading."""
    contents = inspect(tiny_mono)
    assert contents.config == preset("tiny")
    assert contents.sampling == Sampling(guidance=3.0, top_k=250)
    assert contents.weight_files == (tiny_mono / "model.safetensors",)
    assert contents.stored_bytes == contents.weight_files[0].stat().st_size


def test_a_folder_without_config_is_refused(folder):
    """The sentence names the missing file and the folder."""
    (folder / "config.json").unlink()
    assert f"no config.json in {folder}" in refusal(folder)


@pytest.mark.parametrize("text", ["{", "[]", "\xff"])
def test_a_broken_config_is_refused(folder, text):
    """The sentence names a config.json that is no JSON object."""
    (folder / "config.json").write_text(text, encoding="latin-1")
    assert "config.json" in refusal(folder)


@pytest.mark.parametrize(
    ("kind", "words"),
    [("llama", "'llama'"), (None, "not a MusicGen model")],
)
def test_another_architecture_is_refused_by_name(folder, kind, words):
    """The sentence has the architecture of its config.json."""
    edit(folder / "config.json", "model_type", value=kind)
    assert words in refusal(folder)


@pytest.mark.parametrize(
    ("keys", "value", "words"),
    [
        (("decoder", "hidden_size"), "wide", "decoder.hidden_size"),
        (("decoder", "hidden_size"), 0, "from 1 to"),
        (("decoder", "num_hidden_layers"), 10**12, "from 1 to 1000"),
        (("text_encoder", "layer_norm_epsilon"), "small", "'small'"),
        (("decoder", "num_attention_heads"), 3, "3 heads"),
        (("decoder", "num_codebooks"), 9, "9 codebooks"),
        (("decoder", "activation_function"), "tanh", "'tanh'"),
        (("decoder", "activation_function"), "relu", "'relu'"),
        (("decoder", "pad_token_id"), 5, "pad_token_id"),
        (("audio_encoder", "codebook_size"), 32, "EnCodec 32"),
        (("audio_encoder", "chunk_length_s"), 1.0, "chunk_length_s"),
        (("audio_encoder", "model_type"), "dac", "'dac'"),
        (("audio_encoder", "upsampling_ratios"), [], "upsampling_ratios"),
        (("audio_encoder", "target_bandwidths"), [], "target_bandwidths"),
        (("text_encoder", "feed_forward_proj"), "gated-gelu", "'gated-gelu'"),
        (("text_encoder",), None, "'text_encoder'"),
    ],
)
def test_an_unsupported_config_names_the_setting(folder, keys, value, words):
    """A setting of the wrong type, or an unsupported one, is named."""
    edit(folder / "config.json", *keys, value=value)
    assert words in refusal(folder)


def test_stems_are_read_with_their_codebooks(tiny_stems):
    """In the file's order; a model without the key has none."""
    stems = inspect(tiny_stems).config.stems
    assert [(stem.name, stem.codebooks) for stem in stems] == [
        ("drums", (2,)),
        ("bass", (3,)),
        ("chords", (4, 5, 6)),
        ("lead", (7,)),
    ]
    assert preset("tiny").stems == ()


@pytest.mark.parametrize(
    ("stems", "words"),
    [
        ([], "it must name from 1 to 16 stems"),
        ({}, "it must name from 1 to 16 stems"),
        ({f"stem {n}": [0] for n in range(17)}, "it must name from 1 to 16 stems"),
        ({"Drums/../..": [2]}, "a name must be of small letters"),
        ({"drums": 2}, "drums must have a list of codebooks"),
        ({"drums": []}, "drums must have a list of codebooks"),
        ({"drums": ["2"]}, "numbered from 0 to 7"),
        ({"drums": [True]}, "numbered from 0 to 7"),
        ({"drums": [-1]}, "numbered from 0 to 7"),
        ({"drums": [8]}, "numbered from 0 to 7"),
        ({"drums": [2, 2]}, "codebook 2 is in more than one place"),
        ({"drums": [2], "bass": [2]}, "codebook 2 is in more than one place"),
    ],
    ids=str,
)
def test_invalid_stems_are_refused(tiny_stems, tmp_path, stems, words):
    """Each mistake has a sentence."""
    folder = Path(shutil.copytree(tiny_stems, tmp_path / "model"))
    edit(folder / "config.json", "stems", value=stems)
    assert words in refusal(folder)


def test_a_stereo_model_with_stems_is_refused(tiny_stereo, tmp_path):
    """Its codebooks alternate between left and right, so none is a stem."""
    folder = Path(shutil.copytree(tiny_stereo, tmp_path / "model"))
    edit(folder / "config.json", "stems", value={"drums": [2]})
    assert "only a mono model can have stems" in refusal(folder)


def test_the_fingerprint_is_that_of_the_codebooks(tiny_mono, tiny_stems, tmp_path):
    """Other codebooks change it; training anything else does not."""
    one, other = fingerprint(inspect(tiny_mono)), fingerprint(inspect(tiny_stems))
    assert len(one) == 16 and one != other
    folder = Path(shutil.copytree(tiny_mono, tmp_path / "model"))
    weights = load_file(folder / "model.safetensors")
    weights["decoder.lm_heads.0.weight"] += 1
    save_file(weights, folder / "model.safetensors")
    assert fingerprint(inspect(folder)) == one
    weights["audio_encoder.quantizer.layers.1.codebook.embed"] += 1
    save_file(weights, folder / "model.safetensors")
    assert fingerprint(inspect(folder)) not in (one, other)


def test_codebook_averages_are_optional(folder):
    """Only training needs them; without the codebooks themselves a file is incomplete."""
    weights = load_file(folder / "model.safetensors")
    prefix = "audio_encoder.quantizer.layers.0.codebook."
    for part in ("inited", "cluster_size", "embed_avg"):
        del weights[prefix + part]
    save_file(weights, folder / "model.safetensors")
    inspect(folder)
    del weights[prefix + "embed"]
    save_file(weights, folder / "model.safetensors")
    assert f"lack the tensor {prefix}embed" in refusal(folder)


@pytest.mark.parametrize("keep", [0, 4, 100, 500_000, -1])
def test_a_truncated_weights_file_is_refused(folder, keep):
    """Header and length show it, before the file is read."""
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    assert f"{path} is damaged" in refusal(folder)


def test_a_header_that_contradicts_itself_is_refused(folder):
    """A tensor whose bytes do not match its dimensions."""
    path = folder / "model.safetensors"
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"shape":[64,64]', b'"shape":[64,99]', 1))
    assert "damaged" in refusal(folder)


def test_a_git_lfs_placeholder_is_named(folder):
    """A clone without LFS has pointer files instead of the weights."""
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    assert "git lfs pull" in refusal(folder)


def test_a_folder_without_weights_is_refused(folder):
    """Settings alone are not a model."""
    (folder / "model.safetensors").unlink()
    assert "no weights" in refusal(folder)


def test_pickled_weights_are_refused_with_the_reason(folder):
    """A pickle file can run code, so it is never opened."""
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    sentence = refusal(folder)
    assert "pytorch_model.bin" in sentence
    assert "run any code" in sentence


def test_a_missing_shard_is_named(tmp_path):
    """The sentence has the file that the index lists."""
    write_checkpoint(tmp_path, preset("tiny"), shard_bytes=300_000)
    lost = sorted(tmp_path.glob("model-*.safetensors"))[1]
    lost.unlink()
    assert f"{lost} is missing" in refusal(tmp_path)


def test_an_index_cant_point_outside_its_folder(tmp_path):
    """Paths before the file names in an index are ignored."""
    write_checkpoint(tmp_path, preset("tiny"), shard_bytes=300_000)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(index.read_text().replace("model-00001", "../../model-00001"))
    assert {file.parent for file in inspect(tmp_path).weight_files} == {tmp_path}


def test_a_missing_tensor_is_named(folder):
    """A state dict that lacks a tensor of its config.json is refused."""
    rename(folder, {"enc_to_dec_proj.bias": "decoder.model.decoder.embed_positions.weights"})
    assert "lack the tensor enc_to_dec_proj.bias" in refusal(folder)


def test_an_unknown_tensor_is_named(folder):
    """A tensor that its config.json does not define shows that the files do not match."""
    rename(folder, {"enc_to_dec_proj.bias": "decoder.lm_heads.4.weight"})
    assert "decoder.lm_heads.4.weight" in refusal(folder)


def test_a_tensor_of_other_dimensions_is_named(folder):
    """The sentence has the actual and the expected dimensions."""
    weights = load_file(folder / "model.safetensors")
    weights["enc_to_dec_proj.bias"] = np.zeros(7, np.float32)
    save_file(weights, folder / "model.safetensors")
    sentence = refusal(folder)
    assert "enc_to_dec_proj.bias" in sentence
    assert "[7]" in sentence
    assert "[64]" in sentence


def test_tensor_names_of_all_conversions_are_accepted(folder):
    """Stored positions, parametrized weight norm and tied embeddings give the same model."""
    weights = load_file(folder / "model.safetensors")
    renamed = {
        name.replace("weight_g", "parametrizations.weight.original0")
        .replace("weight_v", "parametrizations.weight.original1")
        .replace("text_encoder.shared", "text_encoder.encoder.embed_tokens"): array
        for name, array in weights.items()
    }
    renamed["decoder.model.decoder.embed_positions.weights"] = np.zeros((2048, 64), np.float32)
    save_file(renamed, folder / "model.safetensors")
    assert inspect(folder).config == preset("tiny")


def test_a_missing_tokenizer_is_reported(folder):
    """Without tokenizer files a prompt can't be read."""
    (folder / "tokenizer.json").unlink()
    assert "no tokenizer" in refusal(folder)


def test_the_authors_sampling_is_read(folder):
    """Settings that generation_config.json names replace the defaults."""
    path = folder / "generation_config.json"
    path.write_text('{"do_sample": false, "top_k": 50, "temperature": 0.9, "guidance_scale": null}')
    assert inspect(folder).sampling == Sampling(greedy=True, top_k=50, temperature=0.9)


def test_missing_generation_settings_have_defaults(folder):
    """Without generation_config.json, MusicGen's defaults are used."""
    (folder / "generation_config.json").unlink()
    assert inspect(folder).sampling == Sampling()


def test_generation_settings_of_the_wrong_kind_are_refused(folder):
    """The setting and its value are named."""
    edit(folder / "generation_config.json", "top_k", value="many")
    assert "top_k as 'many'" in refusal(folder)
