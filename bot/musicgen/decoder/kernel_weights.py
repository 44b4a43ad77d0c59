"""Pack the decoder's weights for the kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from bot.domain.generation import Precision
from bot.musicgen.checkpoint.model_config import DecoderConfig
from bot.musicgen.decoder.interface import BODY, Floats, embeddings, sinusoids
from bot.musicgen.kernels.packing import pack


def norms_of_layer(config: DecoderConfig) -> tuple[str, ...]:
    """Return the norms of a layer, in the kernels' order."""
    cross = ("encoder_attn_layer_norm",) if config.has_cross_attention else ()
    return "self_attn_layer_norm", *cross, "final_layer_norm"


def take_tables(
    weights: dict[str, Any], config: DecoderConfig, positions: int
) -> dict[str, Floats]:
    """Remove embeddings and all norms [norms, width] from the weights; add the position table."""
    norms = norms_of_layer(config)
    names = [f"{BODY}layers.{layer}.{norm}" for layer in range(config.layers) for norm in norms]
    names.append(f"{BODY}layer_norm")
    return {
        "tokens": embeddings(weights, config.codebooks),
        "positions": sinusoids(positions, config.hidden_size),
        "gains": np.stack([weights.pop(f"{name}.weight") for name in names]),
        "biases": np.stack([weights.pop(f"{name}.bias") for name in names]),
    }


def pack_matrices(
    weights: dict[str, Any], config: DecoderConfig, precision: Precision
) -> dict[str, Any]:
    """Remove the matrices of each kind from the mapping and return them packed.

    In int4, matrices where it harms most for their size stay in int8, as measured on the built-in
    model: attention outputs and heads, a third of the error; and the text's keys and values, which
    are read once per request.
    """
    width, ffn = config.hidden_size, config.ffn_size
    finer: Precision = "int8" if precision == "int4" else precision

    def kind(*names: str, outputs: int, inputs: int, precision: Precision = precision) -> Any:
        def part(layer: int) -> Floats:
            return np.concatenate(
                [weights.pop(f"{BODY}layers.{layer}.{name}.weight") for name in names]
            )

        parts = [lambda layer=layer: part(layer) for layer in range(config.layers)]
        return pack(parts, (outputs, inputs), precision)

    own, other = "self_attn", "encoder_attn"
    heads = [lambda: np.concatenate(_heads(weights, config))]
    packed = {
        "qkv": kind(
            f"{own}.q_proj", f"{own}.k_proj", f"{own}.v_proj", outputs=3 * width, inputs=width
        ),
        "out": kind(f"{own}.out_proj", outputs=width, inputs=width, precision=finer),
        "fc1": kind("fc1", outputs=ffn, inputs=width),
        "fc2": kind("fc2", outputs=width, inputs=ffn),
        "heads": pack(heads, (config.codebooks * config.vocab_size, width), finer),
    }
    if config.has_cross_attention:
        packed["cross_query"] = kind(f"{other}.q_proj", outputs=width, inputs=width)
        packed["cross_out"] = kind(f"{other}.out_proj", outputs=width, inputs=width)
        packed["cross_kv"] = kind(
            f"{other}.k_proj",
            f"{other}.v_proj",
            outputs=2 * width,
            inputs=width,
            precision=finer,
        )
    return packed


def _heads(weights: dict[str, Any], config: DecoderConfig) -> list[Floats]:
    return [weights.pop(f"lm_heads.{k}.weight") for k in range(config.codebooks)]
