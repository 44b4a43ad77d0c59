"""EnCodec on MindSpore: codes to audio and audio to codes, whole or streamed.

Knows no language model and no files. A clip passes through stages that take any number of rows and
return what can be computed so far; however a clip is cut into pushes, the concatenated outputs are
those of transformers' EncodecModel for the whole clip. The channels of a stereo clip are coded
separately, as MusicGen does, in one batch.

Source: arXiv 2210.13438 (EnCodec), 2306.05284 (MusicGen); transformers' modeling_encodec is the
reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Precision
from bot.musicgen.checkpoint.model_config import CodecConfig
from bot.musicgen.codec.block_factory import make_blocks
from bot.musicgen.codec.chains import downsampling
from bot.musicgen.codec.encoder import Encoder
from bot.musicgen.codec.lstm import ResidualLstm, lstm_weights
from bot.musicgen.codec.quantizer import Quantizer
from bot.musicgen.codec.stages import (
    BlockQueue,
    EluLinear,
    StreamingPadding,
    unfold,
)
from bot.musicgen.codec.state_dict import check_variant, convolution_matrix, last_layer
from bot.musicgen.codec.windows import Window
from bot.musicgen.kernels.operations import builtin_operations, kernel_operations
from bot.musicgen.kernels.packed_weights import PackedWeights

Array = NDArray[np.float32]
Codes = NDArray[np.int32]

BLOCK_FRAMES = 12
"""Frames per block of a graph: 40 ms of work, so that other requests don't wait long."""

KERNEL_BLOCK_FRAMES = 12
"""Frames per block with our own kernels: 15 ms of work, for a low latency of the first sound."""


class Codec:
    """An EnCodec model whose weights have the names of EncodecModel's state dict.

    Weight norms are already folded in (`...conv.weight`). The weights are copied: once this
    object is made, the caller may drop them. `library` holds our own kernels, several times as fast
    as MindSpore's. All work is done in blocks of `block_frames`: pushes of so many cost one block
    each. In less than fp32 the weights are rounded: those of the encoder to half precision, those
    of the decoder, with what they are multiplied by, to bfloat16 where the processor multiplies
    that and the sound stays the same. `packed` are the weights as packed at an earlier start,
    which needs no others. Raises CheckpointError for variants that MusicGen doesn't use.
    """

    def __init__(
        self,
        weights: Mapping[str, Array],
        config: CodecConfig,
        *,
        library: Path | None = None,
        block_frames: int | None = None,
        precision: Precision = "fp32",
        packed: PackedWeights | None = None,
    ) -> None:
        check_variant(weights, config)
        if library is None:
            operations, block_frames = builtin_operations(), block_frames or BLOCK_FRAMES
        else:
            operations = kernel_operations(library, rounded=precision != "fp32")
            block_frames = block_frames or KERNEL_BLOCK_FRAMES
        self.config = config
        packed = packed or PackedWeights()
        self.quantizer = Quantizer(weights, config.quantizers, packed)
        self.block_frames = block_frames
        self.blocks = make_blocks(
            weights,
            config,
            library,
            frames=block_frames,
            packed=packed,
            precision=precision,
            example=self._example(2 * block_frames),
        )
        self.downsampling = downsampling(weights, config, operations, block_frames, packed)
        end = last_layer(config)
        self.encoder_lstm = ResidualLstm(
            lstm_weights(
                weights,
                f"encoder.layers.{end - 2}.lstm",
                operations.layouts,
                packed,
                config.lstm_layers,
            ),
            operations,
            layers=config.lstm_layers,
            width=self.width,
            frames=block_frames,
        )
        embedding = packed.group(
            "codec.encoder.end", lambda: _embedding(weights, f"encoder.layers.{end}.conv")
        )
        self.embedding = EluLinear(embedding["matrix"], embedding["bias"])

    def _example(self, frames: int) -> Array:
        """Return the decoder's inputs for random codes, [1, frames, inputs]."""
        config = self.config
        shape = 1, config.quantizers, frames + config.kernel_size - 1
        codes = np.random.default_rng(0).integers(0, config.codebook_size, shape, np.int32)
        return unfold(self.quantizer.embed(codes), config.kernel_size)

    @property
    def width(self) -> int:
        """Return the number of channels between LSTM and convolutions."""
        return self.config.filters << len(self.config.ratios)

    def decode(self, codes: Codes) -> Array:
        """Return the samples [channels, frames * hop] of codes [channels, codebooks, frames]."""
        decoder = Decoder(self, channels=codes.shape[0])
        return np.concatenate([decoder.push(codes), decoder.finish()], axis=1)

    def encode(self, samples: Array) -> Codes:
        """Return the codes [channels, codebooks, frames] of samples [channels, samples].

        An incomplete last frame is padded by reflection.
        """
        encoder = Encoder(self, channels=samples.shape[0])
        piece = self.block_frames * self.config.hop
        parts = [
            encoder.push(samples[:, start : start + piece])
            for start in range(0, samples.shape[1], piece)
        ]
        return np.concatenate([*parts, encoder.finish()], axis=2)

    def warm_up(self, channels: int = 1) -> None:
        """Compile in advance what clips with this number of channels need."""
        self.encode(self.decode(np.zeros((channels, self.config.quantizers, 1), np.int32)))


class Decoder:
    """Decodes the codes of one clip into samples, streamed.

    Samples lag behind by up to a block and four frames more, the look-ahead of EnCodec's
    convolutions. Not for use after `finish`.
    """

    def __init__(self, codec: Codec, *, channels: int = 1) -> None:
        config = codec.config
        self.codec = codec
        self.streams = [codec.blocks.start() for _ in range(channels)]
        self._front = StreamingPadding(
            Window.convolution(config.kernel_size), channels, config.hidden_size
        )
        self.queue = BlockQueue(
            block_rows=codec.block_frames,
            channels=channels,
            width=config.kernel_size * config.hidden_size,
            width_out=1,
            lag=codec.blocks.lag,
            length_out=codec.blocks.length_out,
        )

    def push(self, codes: Codes) -> Array:
        """Return the samples [channels, samples] that codes [channels, codebooks, frames] add."""
        self.add(codes)
        return decode_together([self])[0]

    def finish(self) -> Array:
        """Return the remaining samples, so that every frame has its `hop` samples."""
        self.end()
        return decode_together([self])[0]

    def add(self, codes: Codes) -> None:
        """Add codes [channels, codebooks, frames] for `decode_together`."""
        self._add(self.codec.quantizer.embed(codes), last=False)

    def end(self) -> None:
        """End the codes, so that `decode_together` returns all remaining samples."""
        shape = len(self.streams), 0, self.codec.config.hidden_size
        self._add(np.zeros(shape, np.float32), last=True)

    def _add(self, rows: Array, *, last: bool) -> None:
        rows = self._front.push(rows, last=last)
        self.queue.add(unfold(rows, self.codec.config.kernel_size), last=last)


def decode_together(decoders: Sequence[Decoder]) -> list[Array]:
    """Return the new samples [channels, samples] of each clip; all are of one codec.

    The weights are read once for all clips; each clip's samples are the same as decoded alone.
    """
    while ready := [decoder for decoder in decoders if decoder.queue.has_block]:
        blocks = [decoder.queue.next_block() for decoder in ready]
        made = ready[0].codec.blocks.run(
            [stream for decoder in ready for stream in decoder.streams],
            np.concatenate([rows for rows, _ in blocks]),
            [
                length
                for decoder, (_, length) in zip(ready, blocks, strict=True)
                for _ in decoder.streams
            ],
        )
        first = 0
        for decoder in ready:
            decoder.queue.take(made[first : first + len(decoder.streams), :, None])
            first += len(decoder.streams)
    return [decoder.queue.collect()[:, :, 0] for decoder in decoders]


def _embedding(weights: Mapping[str, Array], name: str) -> Mapping[str, Array]:
    matrix, bias = convolution_matrix(weights, name)
    return {"matrix": matrix, "bias": bias}
