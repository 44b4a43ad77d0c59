"""The names and dimensions of every tensor in a MusicGen checkpoint, as files on the hub have them.

One list serves the writer of synthetic checkpoints, the check before loading and the estimate of
memory. Source: the state dicts of transformers' MusicgenForConditionalGeneration and
MusicgenMelodyForConditionalGeneration, with the weight
norm of EnCodec under its older names (`weight_g`, `weight_v`), which the hub's files use.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.musicgen.checkpoint.model_config import (
    CodecConfig,
    DecoderConfig,
    ModelConfig,
    TextEncoderConfig,
)

Entry = tuple[str, tuple[int, ...]]

COMPUTED = (".embed_positions.weights", ".stride", ".kernel_size", ".padding_total")
"""Suffixes of tensors that some versions of transformers store and others compute."""

TRAINING_ONLY = (".codebook.inited", ".codebook.cluster_size", ".codebook.embed_avg")
"""Suffixes of tensors used only in training codebooks, which a file may omit."""

RENAMED = {
    "parametrizations.weight.original0": "weight_g",
    "parametrizations.weight.original1": "weight_v",
}
"""Suffixes of weight norm tensors in newer files, and their older names."""

TIED = {"text_encoder.encoder.embed_tokens.weight": "text_encoder.shared.weight"}
"""Two names of one tensor; a file may contain either or both."""


def hub_name(name: str) -> str:
    """Return a tensor's name in the hub's files."""
    for new, old in RENAMED.items():
        if name.endswith(new):
            return name.removesuffix(new) + old
    return TIED.get(name, name)


def tensor_sizes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Return the dimensions of every tensor of a checkpoint by name."""
    sizes = dict(_text(config.text))
    sizes.update(_codec(config.codec))
    sizes.update(_decoder(config.decoder))
    if config.projected:
        sizes["enc_to_dec_proj.weight"] = (config.decoder.hidden_size, config.text.hidden_size)
        sizes["enc_to_dec_proj.bias"] = (config.decoder.hidden_size,)
    if config.melody is not None:
        width = config.decoder.hidden_size
        sizes["audio_enc_to_dec_proj.weight"] = (width, config.melody.classes)
        sizes["audio_enc_to_dec_proj.bias"] = (width,)
    return sizes


def _decoder(config: DecoderConfig) -> Iterator[Entry]:
    width = config.hidden_size
    attentions = ("self_attn", "encoder_attn") if config.has_cross_attention else ("self_attn",)
    for book in range(config.codebooks):
        yield f"decoder.lm_heads.{book}.weight", (config.vocab_size, width)
        yield f"decoder.model.decoder.embed_tokens.{book}.weight", (config.vocab_size + 1, width)
    for layer in range(config.layers):
        prefix = f"decoder.model.decoder.layers.{layer}."
        for attention in attentions:
            for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                yield f"{prefix}{attention}.{part}.weight", (width, width)
            yield from _norm(f"{prefix}{attention}_layer_norm", width)
        yield f"{prefix}fc1.weight", (config.ffn_size, width)
        yield f"{prefix}fc2.weight", (width, config.ffn_size)
        yield from _norm(f"{prefix}final_layer_norm", width)
    yield from _norm("decoder.model.decoder.layer_norm", width)


def _norm(prefix: str, width: int) -> Iterator[Entry]:
    yield f"{prefix}.weight", (width,)
    yield f"{prefix}.bias", (width,)


def _text(config: TextEncoderConfig) -> Iterator[Entry]:
    width, inner = config.hidden_size, config.heads * config.head_size
    yield "text_encoder.shared.weight", (config.vocab_size, width)
    for layer in range(config.layers):
        prefix = f"text_encoder.encoder.block.{layer}.layer."
        for part in "qkv":
            yield f"{prefix}0.SelfAttention.{part}.weight", (inner, width)
        yield f"{prefix}0.SelfAttention.o.weight", (width, inner)
        if layer == 0:
            buckets = (config.relative_buckets, config.heads)
            yield f"{prefix}0.SelfAttention.relative_attention_bias.weight", buckets
        yield f"{prefix}0.layer_norm.weight", (width,)
        yield f"{prefix}1.DenseReluDense.wi.weight", (config.ffn_size, width)
        yield f"{prefix}1.DenseReluDense.wo.weight", (width, config.ffn_size)
        yield f"{prefix}1.layer_norm.weight", (width,)
    yield "text_encoder.encoder.final_layer_norm.weight", (width,)


def _codec(config: CodecConfig) -> Iterator[Entry]:
    yield from _codec_encoder(config)
    yield from _codec_decoder(config)
    for book in range(config.quantizers):
        prefix = f"audio_encoder.quantizer.layers.{book}.codebook."
        yield f"{prefix}inited", (1,)
        yield f"{prefix}cluster_size", (config.codebook_size,)
        yield f"{prefix}embed", (config.codebook_size, config.codebook_dim)
        yield f"{prefix}embed_avg", (config.codebook_size, config.codebook_dim)


def _codec_encoder(config: CodecConfig) -> Iterator[Entry]:
    prefix = "audio_encoder.encoder.layers."
    width, index = config.filters, 0
    yield from _conv(f"{prefix}{index}", width, config.channels, config.kernel_size)
    for ratio in reversed(config.ratios):
        for _ in range(config.residual_layers):
            index += 1
            yield from _residual(f"{prefix}{index}", config, width)
        index += 2  # An ELU without tensors comes before the convolution.
        yield from _conv(f"{prefix}{index}", 2 * width, width, 2 * ratio)
        width *= 2
    yield from _lstm(f"{prefix}{index + 1}.lstm", config.lstm_layers, width)
    yield from _conv(f"{prefix}{index + 3}", config.hidden_size, width, config.last_kernel_size)


def _codec_decoder(config: CodecConfig) -> Iterator[Entry]:
    prefix = "audio_encoder.decoder.layers."
    width, index = config.filters << len(config.ratios), 1
    yield from _conv(f"{prefix}0", width, config.hidden_size, config.kernel_size)
    yield from _lstm(f"{prefix}1.lstm", config.lstm_layers, width)
    for ratio in config.ratios:
        index += 2
        yield from _transposed(f"{prefix}{index}", width, width // 2, 2 * ratio)
        width //= 2
        for _ in range(config.residual_layers):
            index += 1
            yield from _residual(f"{prefix}{index}", config, width)
    yield from _conv(f"{prefix}{index + 2}", config.channels, width, config.last_kernel_size)


def _residual(prefix: str, config: CodecConfig, width: int) -> Iterator[Entry]:
    inner = width // config.compress
    yield from _conv(f"{prefix}.block.1", inner, width, config.residual_kernel_size)
    yield from _conv(f"{prefix}.block.3", width, inner, 1)
    if config.conv_shortcut:
        yield from _conv(f"{prefix}.shortcut", width, width, 1)


def _conv(prefix: str, outputs: int, inputs: int, kernel: int) -> Iterator[Entry]:
    yield f"{prefix}.conv.bias", (outputs,)
    yield f"{prefix}.conv.weight_g", (outputs, 1, 1)
    yield f"{prefix}.conv.weight_v", (outputs, inputs, kernel)


def _transposed(prefix: str, inputs: int, outputs: int, kernel: int) -> Iterator[Entry]:
    # Transposed convolutions have their inputs first; the weight norm is over the first dimension.
    yield f"{prefix}.conv.bias", (outputs,)
    yield f"{prefix}.conv.weight_g", (inputs, 1, 1)
    yield f"{prefix}.conv.weight_v", (inputs, outputs, kernel)


def _lstm(prefix: str, layers: int, width: int) -> Iterator[Entry]:
    for layer in range(layers):
        for part in ("ih", "hh"):
            yield f"{prefix}.weight_{part}_l{layer}", (4 * width, width)
            yield f"{prefix}.bias_{part}_l{layer}", (4 * width,)
