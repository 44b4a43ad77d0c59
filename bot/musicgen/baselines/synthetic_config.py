"""The settings beside a synthetic checkpoint's weights: configuration and tokenizer files.

Written as the hub's conversions have them, so that everything that reads a real MusicGen folder
reads these.
"""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

from bot.musicgen.checkpoint.shape import CodecShape, DecoderShape, ModelShape, TextShape
from bot.musicgen.checkpoint.stems import written as stem_books

_WORDS = (
    "rock pop jazz funk soul blues house techno trance ambient lofi folk metal piano guitar bass "
    "drum drums synth strings violin flute beat melody slow fast happy sad dark warm loud soft "
    "with and a the of in"
).split()


def write_settings(folder: Path, shape: ModelShape) -> None:
    """Write every file of a checkpoint but its weights."""
    _write(folder, "config.json", config(shape))
    _write(folder, "generation_config.json", generation_config(shape.decoder))
    _write(folder, "preprocessor_config.json", preprocessor_config(shape))
    _write_tokenizer(folder, shape.text)


def config(shape: ModelShape) -> dict[str, Any]:
    """Return the contents of the config.json of a shape."""
    stems = {"stems": stem_books(shape.stems)} if shape.stems else {}
    return {
        "architectures": ["MusicgenForConditionalGeneration"],
        "model_type": "musicgen",
        "is_encoder_decoder": True,
        "torch_dtype": "float32",
        "text_encoder": _text(shape.text),
        "audio_encoder": _codec(shape.codec),
        "decoder": _decoder(shape.decoder),
        **stems,
    }


def _decoder(shape: DecoderShape) -> dict[str, Any]:
    return {
        "model_type": "musicgen_decoder",
        "hidden_size": shape.hidden_size,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "ffn_dim": shape.ffn_size,
        "num_codebooks": shape.codebooks,
        "audio_channels": shape.audio_channels,
        "vocab_size": shape.vocab_size,
        "max_position_embeddings": shape.max_positions,
        "activation_function": shape.activation,
        "bos_token_id": shape.start_token,
        "pad_token_id": shape.start_token,
        "dropout": 0.1,
        "attention_dropout": 0.0,
        "activation_dropout": 0.0,
        "layerdrop": 0.0,
        "initializer_factor": 0.02,
        "scale_embedding": False,
        "tie_word_embeddings": False,
        "use_cache": True,
    }


def _text(shape: TextShape) -> dict[str, Any]:
    return {
        "architectures": ["T5ForConditionalGeneration"],
        "model_type": "t5",
        "d_model": shape.hidden_size,
        "num_layers": shape.layers,
        "num_decoder_layers": shape.layers,
        "num_heads": shape.heads,
        "d_kv": shape.head_size,
        "d_ff": shape.ffn_size,
        "vocab_size": shape.vocab_size,
        "relative_attention_num_buckets": shape.relative_buckets,
        "relative_attention_max_distance": shape.relative_distance,
        "layer_norm_epsilon": shape.layer_norm_epsilon,
        "feed_forward_proj": "relu",
        "dropout_rate": 0.1,
        "initializer_factor": 1.0,
        "pad_token_id": shape.pad_token,
        "eos_token_id": shape.end_token,
        "decoder_start_token_id": shape.pad_token,
        "use_cache": True,
    }


def _codec(shape: CodecShape) -> dict[str, Any]:
    return {
        "architectures": ["EncodecModel"],
        "model_type": "encodec",
        "sampling_rate": shape.sample_rate_hz,
        "audio_channels": shape.channels,
        "num_filters": shape.filters,
        "hidden_size": shape.hidden_size,
        "upsampling_ratios": list(shape.ratios),
        "num_residual_layers": shape.residual_layers,
        "kernel_size": shape.kernel_size,
        "last_kernel_size": shape.last_kernel_size,
        "residual_kernel_size": shape.residual_kernel_size,
        "dilation_growth_rate": shape.dilation_growth,
        "compress": shape.compress,
        "num_lstm_layers": shape.lstm_layers,
        "codebook_size": shape.codebook_size,
        "codebook_dim": shape.codebook_dim,
        "target_bandwidths": [shape.bandwidth_kbps],
        "use_causal_conv": shape.causal,
        "pad_mode": shape.pad_mode,
        "trim_right_ratio": shape.trim_right_ratio,
        "use_conv_shortcut": shape.conv_shortcut,
        "norm_type": "weight_norm",
        "normalize": False,
        "chunk_length_s": None,
        "overlap": None,
    }


def generation_config(shape: DecoderShape) -> dict[str, Any]:
    """Return the contents of the generation_config.json of a shape."""
    return {
        "_from_model_config": True,
        "bos_token_id": shape.start_token,
        "decoder_start_token_id": shape.start_token,
        "pad_token_id": shape.start_token,
        "do_sample": True,
        "guidance_scale": 3.0,
        "max_length": 1500,
    }


def preprocessor_config(shape: ModelShape) -> dict[str, Any]:
    """Return the contents of the preprocessor_config.json of a shape."""
    return {
        "feature_extractor_type": "EncodecFeatureExtractor",
        "feature_size": shape.decoder.audio_channels,
        "sampling_rate": shape.codec.sample_rate_hz,
        "padding_side": "left",
        "padding_value": 0.0,
        "return_attention_mask": True,
        "chunk_length_s": None,
        "overlap": None,
    }


def _write_tokenizer(folder: Path, shape: TextShape) -> None:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    specials = ["<pad>", "</s>", "<unk>"]
    letters = [(letter, -8.0) for letter in string.ascii_lowercase + string.digits + "'-.,!?&/"]
    words = [(f"▁{word}", -4.0) for word in _WORDS]
    pieces = [(special, 0.0) for special in specials] + [("▁", -3.0)] + letters + words
    tokenizer = Tokenizer(models.Unigram(pieces[: shape.vocab_size], unk_id=2))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", shape.end_token)]
    )
    tokenizer.add_special_tokens(specials)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    _write(folder, "special_tokens_map.json", names)
    settings = {"tokenizer_class": "T5Tokenizer", "model_max_length": 512, "extra_ids": 0}
    _write(folder, "tokenizer_config.json", names | settings)


def _write(folder: Path, name: str, contents: dict[str, Any]) -> None:
    (folder / name).write_text(json.dumps(contents, indent=2) + "\n", encoding="utf-8")
