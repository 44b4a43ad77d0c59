"""Write what was trained as a checkpoint in the hub's format, in fp16.

Names and dimensions are checked against the list that the loader checks files by.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from bot.musicgen.baselines.synthetic_config import (
    config_json,
    generation_config,
    preprocessor_config,
)
from bot.musicgen.checkpoint.model_config import (
    CodecConfig,
    DecoderConfig,
    ModelConfig,
    TextEncoderConfig,
)
from bot.musicgen.checkpoint.stems import Stem
from bot.musicgen.checkpoint.tensor_names import TRAINING_ONLY, tensor_sizes
from bot.starter.training.codec.latent_layout import (
    KEY_DIMENSIONS,
    SOUNDING,
    key_dimensions,
    vector_dimensions,
)
from bot.starter.training.codec.network import CodecSize
from bot.starter.training.codec.stem_codec import StemCodec
from bot.starter.training.data import vocabulary
from bot.starter.training.data.codebooks import (
    BASS,
    BOOKS,
    CHORDS,
    DRUMS,
    FRAMES_PER_SECOND,
    LEAD,
    PLAN,
    STEMS,
)
from bot.starter.training.language.network import Language, LanguageSize
from bot.starter.training.notation import write_notation

# Bold enough that seeds differ, tame enough that words are followed. Guidance would take twice the
# time, and push the clock to tempos that are usual for a style where words name another.
_TEMPERATURE = 0.8
_SAMPLING = {"guidance_scale": 1.0, "temperature": _TEMPERATURE, "top_k": 100}

_TEMPERATURES = {
    PLAN: 0.65,
    DRUMS: 1.0,
    BASS: 1.1,
    **dict.fromkeys(CHORDS, 0.9),
    LEAD: 1.05,
}
LOGIT_SCALES = {book: _TEMPERATURE / own for book, own in _TEMPERATURES.items()}
"""What the logits of codebooks are multiplied by, which gives each a temperature of its own.

Notes are many, and each is unlikely beside silence: a temperature below 1 takes more from all of
them together than from silence, and melodies would be half as long as they should be, and every
fourth clip without a bass. A plan is better sure, for a chord of another key is followed by others.
"""

VECTOR_SCALE = 2.0**-8
"""What a checkpoint's vectors are multiplied by, and what the decoder's first layer makes up for.

They are so small beside the keys that they don't matter to which code is nearest.
"""

FIRST_LAYER = "decoder.layers.0.conv.weight"
LAST_LAYER = "encoder.layers.15.conv.weight"
"""The layers that read vectors and find keys."""

_Array = NDArray[np.float32]
_Weights = dict[str, _Array]


def shape_of(codec: CodecSize, language: LanguageSize) -> ModelConfig:
    """Return the shape of the starter as the loader sees it."""
    return ModelConfig(
        decoder=DecoderConfig(
            hidden_size=language.width,
            layers=language.layers,
            heads=language.heads,
            ffn_size=4 * language.width,
            codebooks=language.codebooks,
            vocab_size=language.codes,
        ),
        text=TextEncoderConfig(
            hidden_size=language.text_width,
            layers=language.text_layers,
            heads=language.text_heads,
            head_size=language.text_width // language.text_heads,
            ffn_size=language.text_ffn,
            vocab_size=language.text_tokens,
            relative_buckets=language.buckets,
            relative_distance=language.bucket_distance,
        ),
        codec=CodecConfig(
            sample_rate_hz=codec.sample_rate_hz,
            filters=codec.filters,
            hidden_size=codec.hidden_size,
            ratios=codec.ratios,
            kernel_size=codec.kernel_size,
            last_kernel_size=codec.kernel_size,
            lstm_layers=1,
            codebook_size=codec.codebook_size,
            codebook_dim=codec.hidden_size,
            bandwidth_kbps=codec.codebooks
            * FRAMES_PER_SECOND
            * np.log2(codec.codebook_size).item()
            / 1000,
        ),
        stems=tuple(Stem(name, books) for name, books in STEMS.items()),
    )


@torch.no_grad()
def write(
    folder: Path, *, codec: StemCodec, language: Language, tokenizer: Tokenizer, size: LanguageSize
) -> None:
    """Write the whole checkpoint."""
    config = shape_of(codec.codec.size, size)
    weights = dict(_codec_weights(codec))
    weights.update(_quantizer_weights(codec))
    weights.update(_language_weights(language))
    sizes = tensor_sizes(config).items()
    # What nobody trains here would be a tenth of the file, and transformers does without.
    wanted = {name: size for name, size in sizes if not name.endswith(TRAINING_ONLY)}
    assert wanted.keys() == weights.keys(), wanted.keys() ^ weights.keys()
    for name, dimensions in wanted.items():
        assert weights[name].shape == dimensions, (name, weights[name].shape, dimensions)
        assert np.isfinite(weights[name].astype(np.float16)).all(), name
    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: np.ascontiguousarray(weights[name], np.float16) for name in sorted(weights)}
    scratch = folder / "model.part"
    save_file(halves, scratch, {"format": "pt"})
    scratch.chmod(0o644)  # it is written for its owner alone, and is a package's to share
    os.replace(scratch, folder / "model.safetensors")
    _write(folder / "config.json", config_json(config) | {"torch_dtype": "float16"})
    _write(folder / "generation_config.json", generation_config(config.decoder) | _SAMPLING)
    _write(folder / "preprocessor_config.json", preprocessor_config(config))
    vocabulary.write(folder, tokenizer)
    write_notation(folder)


def codec_names(name: str) -> tuple[str, ...]:
    """Return a checkpoint's names for a tensor of Codec: one, or length and direction."""
    full = f"audio_encoder.{name}"
    if ".lstm." in name or name.endswith(".bias"):
        return (full,)
    return f"{full}_g", f"{full}_v"


def _codec_weights(codec: StemCodec) -> Iterator[tuple[str, _Array]]:
    size = codec.codec.size
    for name, tensor in codec.codec.state_dict().items():
        names, values = codec_names(name), _array(tensor)
        if len(names) == 1:
            if name == LAST_LAYER.replace("weight", "bias"):
                values = np.pad(values, (size.hidden_size - size.key_size, 0))
            yield names[0], values
            continue
        # Training has no weight norm: direction and length are told apart here.
        kernel = values[:, :, 0, :] if values.ndim == 4 else values
        if name == FIRST_LAYER:
            kernel = kernel / latent_scale(size)[:, None]
        elif name == LAST_LAYER:
            kernel = np.pad(kernel, ((size.hidden_size - size.key_size, 0), (0, 0), (0, 0)))
        length = np.sqrt(np.square(kernel).sum(axis=(1, 2), keepdims=True))
        # A kernel of zeros has no direction of its own: any will do, and none is no number.
        kernel = np.where(length > 0, kernel, 1.0)
        yield from zip(names, (length, kernel), strict=True)


def _quantizer_weights(codec: StemCodec) -> Iterator[tuple[str, _Array]]:
    """Yield each codebook's vectors and keys, in their dimensions of the latent space."""
    tables, size = codec.tables(), codec.codec.size
    for book in range(len(BOOKS)):
        entries = np.zeros((size.codebook_size, size.hidden_size), np.float32)
        if book in SOUNDING:
            table = _array(tables[SOUNDING.index(book)])
            vectors, keys = np.split(table, [-KEY_DIMENSIONS], 1)
            entries[:, vector_dimensions(book)] = vectors
            entries[:, key_dimensions(book)] = keys
        scaled = entries * latent_scale(size)
        yield f"audio_encoder.quantizer.layers.{book}.codebook.embed", scaled


def latent_scale(size: CodecSize) -> _Array:
    """Return what each dimension is multiplied by in a checkpoint's tables."""
    vectors = size.hidden_size - size.key_size
    return np.repeat(np.array([VECTOR_SCALE, 1], np.float32), (vectors, size.key_size))


_TEXT_PARTS = {
    **{part: f"0.SelfAttention.{part}" for part in "qkvo"},
    "attention_norm": "0.layer_norm",
    "wi": "1.DenseReluDense.wi",
    "wo": "1.DenseReluDense.wo",
    "ffn_norm": "1.layer_norm",
}


def _language_weights(language: Language) -> Iterator[tuple[str, _Array]]:
    decoder = language.decoder
    for book, (embedding, head) in enumerate(zip(decoder.embeddings, decoder.heads, strict=True)):
        yield f"decoder.model.decoder.embed_tokens.{book}.weight", _array(embedding())
        yield f"decoder.lm_heads.{book}.weight", _array(head()) * LOGIT_SCALES.get(book, 1.0)
    for name, tensor in language.state_dict().items():
        if not name.startswith(("decoder.embeddings", "decoder.heads")):
            yield language_name(name), _array(tensor)


def language_name(name: str) -> str:
    """Return a checkpoint's name for a tensor of Language; its code tables have none."""
    part, rest = name.split(".", 1)
    if part == "projection":
        return f"enc_to_dec_proj.{rest}"
    if part == "decoder":
        return f"decoder.model.decoder.{rest}"
    if rest == "shared.weight":
        return "text_encoder.shared.weight"
    if rest == "distances.weight":
        first = "text_encoder.encoder.block.0.layer.0.SelfAttention"
        return f"{first}.relative_attention_bias.weight"
    if rest == "final_norm.weight":
        return "text_encoder.encoder.final_layer_norm.weight"
    _, number, layer_part, _ = rest.split(".")
    return f"text_encoder.encoder.block.{number}.layer.{_TEXT_PARTS[layer_part]}.weight"


def _array(tensor: torch.Tensor) -> _Array:
    values: _Array = tensor.detach().float().cpu().numpy()
    return values


def _write(path: Path, contents: dict[str, object]) -> None:
    path.write_text(json.dumps(contents, indent=2) + "\n", encoding="utf-8")
