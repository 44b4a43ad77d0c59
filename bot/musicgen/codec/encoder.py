"""Encode the samples of a clip into codes, streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bot.musicgen.codec.stages import (
    BlockBuffer,
    BlockQueue,
    LstmStream,
    StreamingPadding,
    convolution_buffer,
    unfold,
)
from bot.musicgen.codec.windows import Window

if TYPE_CHECKING:
    from bot.musicgen.codec.codec import Codec

Array = NDArray[np.float32]
Codes = NDArray[np.int32]


class Encoder:
    """Encodes the samples of one clip into codes, streamed. Not for use after `finish`."""

    def __init__(self, codec: Codec, *, channels: int = 1) -> None:
        config = codec.config
        self._codec = codec
        self._channels = channels
        self._front = StreamingPadding(Window.convolution(config.kernel_size), channels, 1)
        self._downsampling = convolution_buffer(
            codec.downsampling, channels, config.kernel_size, codec.width
        )
        self._lstm = BlockBuffer(
            LstmStream(codec.encoder_lstm, channels).run,
            BlockQueue(
                block_rows=codec.block_frames,
                channels=channels,
                width=codec.width,
                width_out=codec.width,
            ),
        )
        self._end = StreamingPadding(
            Window.convolution(config.last_kernel_size), channels, codec.width
        )
        self._embedding = BlockBuffer(
            codec.embedding.run,
            BlockQueue(
                block_rows=codec.block_frames,
                channels=channels,
                width=config.last_kernel_size * codec.width,
                width_out=config.hidden_size,
            ),
        )

    def push(self, samples: Array) -> Codes:
        """Return the codes [channels, codebooks, frames] that samples [channels, samples] add."""
        return self._push(samples[:, :, None], last=False)

    def finish(self) -> Codes:
        """Return the remaining codes, so that every begun hop of samples has its frame."""
        return self._push(np.zeros((self._channels, 0, 1), np.float32), last=True)

    def _push(self, rows: Array, *, last: bool) -> Codes:
        config = self._codec.config
        under = unfold(self._front.push(rows, last=last), config.kernel_size)
        rows = self._lstm.push(self._downsampling.push(under, last=last), last=last)
        under = unfold(self._end.push(rows, last=last), config.last_kernel_size)
        rows = self._embedding.push(under, last=last)
        return self._codec.quantizer.codes(rows)
