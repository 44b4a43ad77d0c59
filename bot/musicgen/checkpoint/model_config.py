"""The configuration of a MusicGen model: its dimensions, read from a checkpoint's config.json.

Knows no weights and imports no model library: reading it costs nothing. Keys that a
config.json leaves out have the value that transformers gives them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import CheckpointError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.config_section import Section
from bot.musicgen.checkpoint.stems import Stem, stems_of

# Each part is listed tensor by tensor before anything is loaded, which a mistaken number of
# layers would make endless.
_MOST_PARTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoderConfig:
    """The language model over EnCodec codes.

    `start_token` fills the delay pattern: the id after the last code, which only the embeddings
    know. transformers reads `scale_embedding` and never applies it, so it has no place here.
    """

    hidden_size: int
    layers: int
    heads: int
    ffn_size: int
    codebooks: int = 4
    audio_channels: int = 1
    vocab_size: int = 2048
    max_positions: int = 2048
    activation: str = "gelu"

    @property
    def head_size(self) -> int:
        """Return the width of one attention head."""
        return self.hidden_size // self.heads

    @property
    def start_token(self) -> int:
        """Return the id that starts a clip and fills the delay pattern."""
        return self.vocab_size


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEncoderConfig:
    """The T5 encoder; the defaults are T5-base's."""

    hidden_size: int = 768
    layers: int = 12
    heads: int = 12
    head_size: int = 64
    ffn_size: int = 3072
    vocab_size: int = 32128
    relative_buckets: int = 32
    relative_distance: int = 128
    layer_norm_epsilon: float = 1e-6
    pad_token: int = 0
    end_token: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecConfig:
    """The EnCodec model; the defaults are facebook/encodec_32khz's.

    `channels` is what EnCodec itself takes: 1 for the stereo checkpoints too, which encode left
    and right apart. `ratios` is in the decoder's order.
    """

    sample_rate_hz: int = 32_000
    channels: int = 1
    filters: int = 64
    hidden_size: int = 128
    ratios: tuple[int, ...] = (8, 5, 4, 4)
    residual_layers: int = 1
    kernel_size: int = 7
    last_kernel_size: int = 7
    residual_kernel_size: int = 3
    dilation_growth: int = 2
    compress: int = 2
    lstm_layers: int = 2
    codebook_size: int = 2048
    codebook_dim: int = 128
    bandwidth_kbps: float = 2.2
    causal: bool = False
    pad_mode: str = "reflect"
    trim_right_ratio: float = 1.0
    conv_shortcut: bool = False

    @property
    def hop(self) -> int:
        """Return the samples of sound in one frame of codes."""
        return math.prod(self.ratios)

    @property
    def frame_rate(self) -> int:
        """Return the frames of codes in one second of sound."""
        return math.ceil(self.sample_rate_hz / self.hop)

    @property
    def quantizers(self) -> int:
        """Return the codes of one frame, as transformers derives them from the bandwidth."""
        bits = math.ceil(math.log2(self.codebook_size))
        return int(1000 * self.bandwidth_kbps // (self.frame_rate * bits))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """A whole MusicGen model."""

    decoder: DecoderConfig
    text: TextEncoderConfig
    codec: CodecConfig
    stems: tuple[Stem, ...] = ()
    """What its music can be taken apart into; nothing with most models."""

    @property
    def projected(self) -> bool:
        """Tell whether `enc_to_dec_proj` stands between text encoder and decoder."""
        return self.text.hidden_size != self.decoder.hidden_size

    @classmethod
    def from_config(cls, contents: Mapping[str, Any]) -> ModelConfig:
        """Read it from the contents of a config.json.

        Raises CheckpointError for another architecture and for anything this program can't run.
        """
        kind = contents.get("model_type")
        if kind == "musicgen_melody":
            raise CheckpointError(
                Sentence(
                    "This is a MusicGen Melody or Style model (musicgen_melody), which works "
                    "differently: choose a plain one such as facebook/musicgen-small."
                )
            )
        if kind != "musicgen":
            raise CheckpointError(
                Sentence(
                    "This is not a MusicGen model: its config.json says {kind}, not 'musicgen'.",
                    kind=repr(kind),
                )
            )
        try:
            decoder = _decoder(Section(contents, "decoder"))
            config = cls(
                decoder=decoder,
                text=_text(Section(contents, "text_encoder")),
                codec=_codec(Section(contents, "audio_encoder")),
                stems=stems_of(contents, decoder.codebooks, decoder.audio_channels),
            )
        except (TypeError, ValueError) as error:
            raise CheckpointError(
                Sentence("The config.json holds a wrong value: {error}.", error=error)
            ) from error
        _check_together(config)
        return config


def _decoder(section: Section) -> DecoderConfig:
    section.require("activation_function", "gelu", "gelu", "relu")
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
        activation=section.get("activation_function", "gelu"),
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


def _text(section: Section) -> TextEncoderConfig:
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


def _codec(section: Section) -> CodecConfig:
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
