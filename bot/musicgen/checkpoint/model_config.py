"""The configuration of a MusicGen model: its dimensions, read from a checkpoint's config.json.

Independent of weights and model libraries, so importing it is cheap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.musicgen.checkpoint.stems import Stem


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
    has_cross_attention: bool = True
    """Whether cross-attention reads the text; else conditioning is a prefix of the sequence."""

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

    `channels` is EnCodec's own: 1 for the stereo checkpoints too, which encode left and right
    separately. `ratios` is in the decoder's order.
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
        """Return the samples per frame of codes."""
        return math.prod(self.ratios)

    @property
    def frame_rate(self) -> int:
        """Return the frames of codes per second."""
        return math.ceil(self.sample_rate_hz / self.hop)

    @property
    def quantizers(self) -> int:
        """Return the codes per frame, derived from the bandwidth as transformers does."""
        bits = math.ceil(math.log2(self.codebook_size))
        return int(1000 * self.bandwidth_kbps // (self.frame_rate * bits))


@dataclass(frozen=True, slots=True, kw_only=True)
class MelodyConfig:
    """Melody conditioning: pitch classes of `frames` pieces of a window."""

    classes: int = 12
    frames: int = 235
    text_tokens: int = 256
    """Maximum prompt tokens: with the frames and a window they fit the position table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """A whole MusicGen model."""

    decoder: DecoderConfig
    text: TextEncoderConfig
    codec: CodecConfig
    stems: tuple[Stem, ...] = ()
    """The stems of its music; empty for most models."""
    melody: MelodyConfig | None = None
    """Its melody conditioning; None for most models."""

    @property
    def prefix_positions(self) -> int:
        """Return the maximum number of positions that conditioning takes before the tokens."""
        return 0 if self.melody is None else self.melody.frames + self.melody.text_tokens

    @property
    def projected(self) -> bool:
        """Return whether the text states are projected by `enc_to_dec_proj`."""
        return self.text.hidden_size != self.decoder.hidden_size
