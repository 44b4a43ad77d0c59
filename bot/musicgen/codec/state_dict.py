"""Layout of an EncodecModel's state dict: last layers, convolutions, variant."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bot.errors import CheckpointError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.model_config import CodecConfig

Array = NDArray[np.float32]


def convolution_matrix(weights: Mapping[str, Array], name: str) -> tuple[Array, Array]:
    """Return a convolution's kernel [out, in, taps] as [taps * in, out], with its bias."""
    kernel = weights[f"{name}.weight"].astype(np.float32)
    matrix = kernel.transpose(2, 1, 0).reshape(-1, kernel.shape[0])
    return np.ascontiguousarray(matrix), weights[f"{name}.bias"].astype(np.float32)


def last_layer(config: CodecConfig) -> int:
    """Return the index of the last layer, the same in encoder and decoder.

    Before it are a convolution, an LSTM and an activation, and for each ratio an activation, a
    convolution and the residual units.
    """
    return 3 + len(config.ratios) * (2 + config.residual_layers)


def check_variant(weights: Mapping[str, Array], config: CodecConfig) -> None:
    """Raise CheckpointError for a variant of EnCodec that MusicGen doesn't use."""

    def refuse(what: str) -> None:
        raise CheckpointError(
            Sentence("This checkpoint's EnCodec can't be run: {what}.", what=what)
        )

    if config.causal:
        refuse("its convolutions are causal, and MusicGen's are not")
    if config.channels != 1:
        refuse(f"it codes {config.channels} channels at once, and MusicGen's codes one")
    if config.pad_mode != "reflect":
        refuse(f"its padding is {config.pad_mode!r}, and MusicGen's is 'reflect'")
    if any(".norm." in name for name in weights):
        refuse("it is normalised over time (time_group_norm), and MusicGen's is not")
