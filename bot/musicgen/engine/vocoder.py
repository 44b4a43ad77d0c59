"""Decode codes to audio in chunks: a clip during generation, or its stems."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bot.domain.generation import Samples, Sound, Tokens
from bot.musicgen.checkpoint.stems import Stem, isolate_stem
from bot.musicgen.codec import codec
from bot.musicgen.engine.interleave import deinterleave

ReadCodes = Callable[[int, int], Tokens]
"""Returns the codes [codebooks, frames] of the frames from one to another."""


class Vocoder:
    """The audio of a clip's codes, as far as decoded."""

    def __init__(self, the_codec: codec.Codec, channels: int, *, keeps_sound: bool = True) -> None:
        """Take the codec, whose blocks are the chunks, and the audio's channels.

        Decoded audio is kept for `sound` if `keeps_sound`.
        """
        self.frames = 0
        """How many frames have been taken in."""
        self._codec, self._channels = the_codec, channels
        self.decoder = codec.Decoder(the_codec, channels=channels)
        self._chunks: list[Samples] | None = [] if keeps_sound else None

    def take_chunk(self, read: ReadCodes, complete_frames: int, *, whole: bool) -> bool:
        """Take the codes of a clip's next chunk from `read`, for `make_sound`.

        `complete_frames` exist; with `whole` they are all. Returns whether it was the last chunk.
        """
        until = min(self.frames + self._codec.block_frames, complete_frames)
        last = whole and until == complete_frames
        if until > 0:
            self.decoder.add(deinterleave(read(self.frames, until), self._channels))
            if last:
                self.decoder.end()
        self.frames = until
        return last

    def keep(self, samples: Samples) -> None:
        """Keep the samples of a chunk."""
        if self._chunks is not None:
            self._chunks.append(samples)

    def sound(self) -> Sound:
        """Return all decoded audio; empty if it was not kept."""
        nothing = np.zeros((self._channels, 0), np.float32)
        samples = np.concatenate([nothing, *(self._chunks or ())], axis=1)
        return Sound(samples=samples, sample_rate_hz=self._codec.config.sample_rate_hz)


def make_sound(vocoders: Sequence[Vocoder]) -> list[Samples]:
    """Return the samples [channels, samples] of the taken chunks, decoded in one batch."""
    made = codec.decode_together([vocoder.decoder for vocoder in vocoders])
    for vocoder, samples in zip(vocoders, made, strict=True):
        vocoder.keep(samples)
    return made


class StemSeparation:
    """The audio of each stem of a clip, decoded from its own codebooks."""

    def __init__(self, the_codec: codec.Codec, tokens: Tokens, stems: Sequence[Stem]) -> None:
        """Take the codes [codebooks, frames] of a mono clip, and its stems."""
        self.tokens = tokens
        self._parts = [isolate_stem(tokens, stem) for stem in stems]
        self._vocoders = {stem.name: Vocoder(the_codec, 1) for stem in stems}

    def decode_chunk(self) -> Mapping[str, Sound] | None:
        """Decode the next chunk; return the sounds by name once all are decoded."""
        last = False
        for vocoder, tokens in zip(self._vocoders.values(), self._parts, strict=True):
            last = vocoder.take_chunk(
                lambda begin, end, tokens=tokens: tokens[:, begin:end],  # type: ignore[misc]
                tokens.shape[1],
                whole=True,
            )
        make_sound(list(self._vocoders.values()))
        if not last:
            return None
        return {name: vocoder.sound() for name, vocoder in self._vocoders.items()}
