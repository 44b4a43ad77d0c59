"""The codebooks of a stereo clip: left and right in turn, as MusicGen has them, or apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Tokens


def deinterleave(tokens: Tokens, channels: int) -> NDArray[np.int32]:
    """Return codes [codebooks, frames] by channel, [channels, codebooks of one, frames]."""
    codebooks, frames = tokens.shape
    return tokens.reshape(codebooks // channels, channels, frames).swapaxes(0, 1)


def interleave(codes: NDArray[np.int32]) -> Tokens:
    """Undo `deinterleave`: put the channels' codebooks beside each other, [codebooks, frames]."""
    channels, codebooks, frames = codes.shape
    return codes.swapaxes(0, 1).reshape(channels * codebooks, frames)
