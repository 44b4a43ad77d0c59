"""Read and validate a checkpoint's config.json.

Missing keys have the default values of transformers. Errors name the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.errors import CheckpointError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.model_config import (
    CodecConfig,
    DecoderConfig,
    MelodyConfig,
    ModelConfig,
    TextEncoderConfig,
)
from bot.musicgen.checkpoint.stems import parse_stems

# Tensors are enumerated before loading, which a wrong number of layers would make endless.
_MOST_PARTS = 1000

_MELODY = "musicgen_melody"


def parse_config(contents: Mapping[str, Any]) -> ModelConfig:
    """Parse the contents of a config.json.

    Raises CheckpointError for another architecture and for unsupported settings.
    """
    kind = contents.get("model_type")
    if kind not in ("musicgen", _MELODY):
        raise CheckpointError(
            Sentence(
                "This is not a MusicGen model: its config.json says {kind}, not 'musicgen'.",
                kind=repr(kind),
            )
        )
    try:
        decoder = _decoder(_Section(contents, "decoder"), has_cross_attention=kind != _MELODY)
        config = ModelConfig(
            decoder=decoder,
            text=_text(_Section(contents, "text_encoder")),
            codec=_codec(_Section(contents, "audio_encoder")),
            stems=parse_stems(contents, decoder.codebooks, decoder.audio_channels),
            melody=_melody(contents) if kind == _MELODY else None,
        )
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            Sentence("The config.json holds a wrong value: {error}.", error=error)
        ) from error
    _check_together(config)
    return config


def _melody(contents: Mapping[str, Any]) -> MelodyConfig:
    section = _Section({"model": contents}, "model")
    section.require("num_chroma", 12, 12)
    return MelodyConfig(frames=section.whole("chroma_length", 235, most=_MOST_PARTS))


def _decoder(section: _Section, *, has_cross_attention: bool) -> DecoderConfig:
    section.require("activation_function", "gelu", "gelu")
    section.require("audio_channels", 1, 1, 2)
    section.require("cross_attention_hidden_size", None, None)
    config = DecoderConfig(
        hidden_size=section.whole("hidden_size", 1024),
        layers=section.whole("num_hidden_layers", 24, most=_MOST_PARTS),
        heads=section.whole("num_attention_heads", 16),
        ffn_size=section.whole("ffn_dim", 4096),
        codebooks=section.whole("num_codebooks", 4, most=_MOST_PARTS),
        audio_channels=section.whole("audio_channels", 1),
        vocab_size=section.whole("vocab_size", 2048),
        max_positions=section.whole("max_position_embeddings", 2048),
        has_cross_attention=has_cross_attention,
    )
    section.require("pad_token_id", 2048, config.start_token)
    if config.hidden_size % config.heads:
        raise CheckpointError(
            Sentence(
                "The config.json is inconsistent: a hidden size of {hidden_size} can't be "
                "divided among {heads} heads.",
                hidden_size=config.hidden_size,
                heads=config.heads,
            )
        )
    return config


def _text(section: _Section) -> TextEncoderConfig:
    section.require("model_type", None, "t5")
    section.require("feed_forward_proj", "relu", "relu")
    return TextEncoderConfig(
        hidden_size=section.whole("d_model", 512),
        layers=section.whole("num_layers", 6, most=_MOST_PARTS),
        heads=section.whole("num_heads", 8),
        head_size=section.whole("d_kv", 64),
        ffn_size=section.whole("d_ff", 2048),
        vocab_size=section.whole("vocab_size", 32128),
        relative_buckets=section.whole("relative_attention_num_buckets", 32),
        relative_distance=section.whole("relative_attention_max_distance", 128),
        layer_norm_epsilon=float(section.get("layer_norm_epsilon", 1e-6)),
        pad_token=int(section.get("pad_token_id", 0)),
        end_token=int(section.get("eos_token_id", 1)),
    )


def _codec(section: _Section) -> CodecConfig:
    section.require("model_type", None, "encodec")
    section.require("norm_type", "weight_norm", "weight_norm")
    section.require("normalize", False, False)
    section.require("chunk_length_s", None, None)
    section.require("audio_channels", 1, 1)
    hidden_size = section.whole("hidden_size", 128)
    return CodecConfig(
        sample_rate_hz=section.whole("sampling_rate", 24_000),
        channels=section.whole("audio_channels", 1),
        filters=section.whole("num_filters", 32),
        hidden_size=hidden_size,
        ratios=tuple(int(r) for r in section.numbers("upsampling_ratios", (8, 5, 4, 2))),
        residual_layers=section.whole("num_residual_layers", 1, most=_MOST_PARTS),
        kernel_size=section.whole("kernel_size", 7),
        last_kernel_size=section.whole("last_kernel_size", 7),
        residual_kernel_size=section.whole("residual_kernel_size", 3),
        dilation_growth=section.whole("dilation_growth_rate", 2),
        compress=section.whole("compress", 2),
        lstm_layers=section.whole("num_lstm_layers", 2, most=_MOST_PARTS),
        codebook_size=section.whole("codebook_size", 1024),
        codebook_dim=section.whole("codebook_dim", hidden_size),
        bandwidth_kbps=float(section.numbers("target_bandwidths", (24.0,))[-1]),
        causal=bool(section.get("use_causal_conv", True)),
        pad_mode=section.get("pad_mode", "reflect"),
        trim_right_ratio=float(section.get("trim_right_ratio", 1.0)),
        conv_shortcut=bool(section.get("use_conv_shortcut", True)),
    )


def _check_together(config: ModelConfig) -> None:
    decoder, codec = config.decoder, config.codec
    if decoder.codebooks != codec.quantizers * decoder.audio_channels:
        raise CheckpointError(
            Sentence(
                "The config.json is inconsistent: the decoder has {codebooks} codebooks, but "
                "EnCodec gives {quantizers} for each of {audio_channels} channels.",
                codebooks=decoder.codebooks,
                quantizers=codec.quantizers,
                audio_channels=decoder.audio_channels,
            )
        )
    if decoder.vocab_size != codec.codebook_size:
        raise CheckpointError(
            Sentence(
                "The config.json is inconsistent: the decoder knows {vocab_size} codes and "
                "EnCodec {codebook_size}.",
                vocab_size=decoder.vocab_size,
                codebook_size=codec.codebook_size,
            )
        )


class _Section:
    """The settings of one part of a model; missing and null keys have their defaults."""

    def __init__(self, config: Mapping[str, Any], name: str) -> None:
        self.name = name
        values = config.get(name)
        if not isinstance(values, Mapping):
            raise CheckpointError(
                Sentence("The config.json is incomplete: it has no section '{name}'.", name=name)
            )
        self.values = values

    def whole(self, key: str, default: int, *, most: int = 1_000_000) -> int:
        """Return a positive integer within plausible bounds."""
        value = self.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
            raise CheckpointError(
                Sentence(
                    "The config.json gives {name}.{key} as {value}; it must be a whole number "
                    "from 1 to {most}.",
                    name=self.name,
                    key=key,
                    value=repr(value),
                    most=most,
                )
            )
        return value

    def numbers(self, key: str, default: tuple[float, ...]) -> tuple[float, ...]:
        """Return a non-empty list of positive numbers."""
        values = self.get(key, default)
        listed = isinstance(values, list | tuple) and values
        if not listed or not all(isinstance(v, int | float) and v > 0 for v in values):
            raise CheckpointError(
                Sentence(
                    "The config.json gives {name}.{key} as {values}; it must be a list of "
                    "numbers above 0.",
                    name=self.name,
                    key=key,
                    values=repr(values),
                )
            )
        return tuple(values)

    def get(self, key: str, default: Any) -> Any:
        """Return any value; null counts as missing."""
        value = self.values.get(key)
        return default if value is None else value

    def require(self, key: str, default: object, *allowed: object) -> None:
        """Raise CheckpointError for a value that is not supported."""
        value = self.get(key, default)
        if value not in allowed:
            raise CheckpointError(
                Sentence(
                    "This checkpoint can't be run: its config.json gives {name}.{key} as "
                    "{value}, and only {names} is supported.",
                    name=self.name,
                    key=key,
                    value=repr(value),
                    names=" or ".join(map(repr, allowed)),
                )
            )
