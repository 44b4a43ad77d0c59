"""Configuration and tokenizer files of a synthetic checkpoint.

In the form of the hub's conversions, so that everything that reads a real MusicGen folder reads
these.
"""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

from bot.musicgen.checkpoint.model_config import (
    CodecConfig,
    DecoderConfig,
    ModelConfig,
    TextEncoderConfig,
)
from bot.musicgen.checkpoint.stems import stems_to_json

_WORDS = (
    "rock pop jazz funk soul blues house techno trance ambient lofi folk metal piano guitar bass "
    "drum drums synth strings violin flute beat melody slow fast happy sad dark warm loud soft "
    "with and a the of in"
).split()


def write_settings(folder: Path, config: ModelConfig) -> None:
    """Write all files of a checkpoint except its weights."""
    _write(folder, "config.json", config_json(config))
    _write(folder, "generation_config.json", generation_config(config.decoder))
    _write(folder, "preprocessor_config.json", preprocessor_config(config))
    _write_tokenizer(folder, config.text)


def config_json(config: ModelConfig) -> dict[str, Any]:
    """Return the contents of a model's config.json."""
    stems = {"stems": stems_to_json(config.stems)} if config.stems else {}
    return {
        **_kind(config),
        "torch_dtype": "float32",
        "text_encoder": _text(config.text),
        "audio_encoder": _codec(config.codec),
        "decoder": _decoder(config.decoder),
        **stems,
    }


def _kind(config: ModelConfig) -> dict[str, Any]:
    if config.melody is None:
        return {
            "architectures": ["MusicgenForConditionalGeneration"],
            "model_type": "musicgen",
            "is_encoder_decoder": True,
        }
    return {
        "architectures": ["MusicgenMelodyForConditionalGeneration"],
        "model_type": "musicgen_melody",
        "is_encoder_decoder": False,
        "num_chroma": config.melody.classes,
        "chroma_length": config.melody.frames,
    }


def _decoder(config: DecoderConfig) -> dict[str, Any]:
    kind = "musicgen_decoder" if config.has_cross_attention else "musicgen_melody_decoder"
    return {
        "model_type": kind,
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "ffn_dim": config.ffn_size,
        "num_codebooks": config.codebooks,
        "audio_channels": config.audio_channels,
        "vocab_size": config.vocab_size,
        "max_position_embeddings": config.max_positions,
        "activation_function": "gelu",
        "bos_token_id": config.start_token,
        "pad_token_id": config.start_token,
        "dropout": 0.1,
        "attention_dropout": 0.0,
        "activation_dropout": 0.0,
        "layerdrop": 0.0,
        "initializer_factor": 0.02,
        "scale_embedding": False,
        "tie_word_embeddings": False,
        "use_cache": True,
    }


def _text(config: TextEncoderConfig) -> dict[str, Any]:
    return {
        "architectures": ["T5ForConditionalGeneration"],
        "model_type": "t5",
        "d_model": config.hidden_size,
        "num_layers": config.layers,
        "num_decoder_layers": config.layers,
        "num_heads": config.heads,
        "d_kv": config.head_size,
        "d_ff": config.ffn_size,
        "vocab_size": config.vocab_size,
        "relative_attention_num_buckets": config.relative_buckets,
        "relative_attention_max_distance": config.relative_distance,
        "layer_norm_epsilon": config.layer_norm_epsilon,
        "feed_forward_proj": "relu",
        "dropout_rate": 0.1,
        "initializer_factor": 1.0,
        "pad_token_id": config.pad_token,
        "eos_token_id": config.end_token,
        "decoder_start_token_id": config.pad_token,
        "use_cache": True,
    }


def _codec(config: CodecConfig) -> dict[str, Any]:
    return {
        "architectures": ["EncodecModel"],
        "model_type": "encodec",
        "sampling_rate": config.sample_rate_hz,
        "audio_channels": config.channels,
        "num_filters": config.filters,
        "hidden_size": config.hidden_size,
        "upsampling_ratios": list(config.ratios),
        "num_residual_layers": config.residual_layers,
        "kernel_size": config.kernel_size,
        "last_kernel_size": config.last_kernel_size,
        "residual_kernel_size": config.residual_kernel_size,
        "dilation_growth_rate": config.dilation_growth,
        "compress": config.compress,
        "num_lstm_layers": config.lstm_layers,
        "codebook_size": config.codebook_size,
        "codebook_dim": config.codebook_dim,
        "target_bandwidths": [config.bandwidth_kbps],
        "use_causal_conv": config.causal,
        "pad_mode": config.pad_mode,
        "trim_right_ratio": config.trim_right_ratio,
        "use_conv_shortcut": config.conv_shortcut,
        "norm_type": "weight_norm",
        "normalize": False,
        "chunk_length_s": None,
        "overlap": None,
    }


def generation_config(config: DecoderConfig) -> dict[str, Any]:
    """Return the contents of a model's generation_config.json."""
    return {
        "_from_model_config": True,
        "bos_token_id": config.start_token,
        "decoder_start_token_id": config.start_token,
        "pad_token_id": config.start_token,
        "do_sample": True,
        "guidance_scale": 3.0,
        "max_length": 1500,
    }


def preprocessor_config(config: ModelConfig) -> dict[str, Any]:
    """Return the contents of a model's preprocessor_config.json."""
    if config.melody is not None:
        return {
            "feature_extractor_type": "MusicgenMelodyFeatureExtractor",
            "feature_size": config.melody.classes,
            "num_chroma": config.melody.classes,
            "sampling_rate": config.codec.sample_rate_hz,
            "hop_length": 4096,
            "n_fft": 16384,
            "chunk_length": 30,
            "n_samples": 30 * config.codec.sample_rate_hz,
            "padding_side": "right",
            "padding_value": 0.0,
            "return_attention_mask": False,
            "stem_indices": [3, 2],
        }
    return {
        "feature_extractor_type": "EncodecFeatureExtractor",
        "feature_size": config.decoder.audio_channels,
        "sampling_rate": config.codec.sample_rate_hz,
        "padding_side": "left",
        "padding_value": 0.0,
        "return_attention_mask": True,
        "chunk_length_s": None,
        "overlap": None,
    }


def _write_tokenizer(folder: Path, config: TextEncoderConfig) -> None:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    specials = ["<pad>", "</s>", "<unk>"]
    letters = [(letter, -8.0) for letter in string.ascii_lowercase + string.digits + "'-.,!?&/"]
    words = [(f"▁{word}", -4.0) for word in _WORDS]
    pieces = [(special, 0.0) for special in specials] + [("▁", -3.0)] + letters + words
    tokenizer = Tokenizer(models.Unigram(pieces[: config.vocab_size], unk_id=2))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", config.end_token)]
    )
    tokenizer.add_special_tokens(specials)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    _write(folder, "special_tokens_map.json", names)
    settings = {"tokenizer_class": "T5Tokenizer", "model_max_length": 512, "extra_ids": 0}
    _write(folder, "tokenizer_config.json", names | settings)


def _write(folder: Path, name: str, contents: dict[str, Any]) -> None:
    (folder / name).write_text(json.dumps(contents, indent=2) + "\n", encoding="utf-8")
