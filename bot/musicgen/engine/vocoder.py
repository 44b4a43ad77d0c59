"""Codes to audio in chunks: a clip while its tokens are chosen, or each of its stems."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bot.domain.generation import Samples, Sound, Tokens
from bot.musicgen.checkpoint.stems import Stem, isolate_stem
from bot.musicgen.codec import codec
from bot.musicgen.engine.interleave import deinterleave

ReadCodes = Callable[[int, int], Tokens]
"""Returns the codes [codebooks, frames] of the frames from one to another."""


class Vocoder:
    """The audio of one clip's codes, as far as it is made."""

    def __init__(self, the_codec: codec.Codec, channels: int, *, keeps_sound: bool = True) -> None:
        """Take the codec, whose blocks are the chunks, and the channels of the audio.

        What was made is kept for `sound` unless it is too much for that.
        """
        self.frames = 0
        """How many frames have been taken in."""
        self._codec, self._channels = the_codec, channels
        self._decoder = codec.Decoder(the_codec, channels=channels)
        self._chunks: list[Samples] | None = [] if keeps_sound else None

    def decode_chunk(
        self, read: ReadCodes, complete_frames: int, *, whole: bool
    ) -> tuple[Samples, bool]:
        """Make audio of the next chunk of a clip, whose codes `read` returns.

        `complete_frames` of them are there, and with `whole` that is all there will be. Return the
        samples [channels, samples], and whether it was the last chunk.
        """
        if whole and complete_frames == 0:
            return np.zeros((self._channels, 0), np.float32), True
        until = min(self.frames + self._codec.block_frames, complete_frames)
        samples = self._decoder.push(deinterleave(read(self.frames, until), self._channels))
        last = whole and until == complete_frames
        if last:
            samples = np.concatenate([samples, self._decoder.finish()], axis=1)
        self.frames = until
        if self._chunks is not None:
            self._chunks.append(samples)
        return samples, last

    def sound(self) -> Sound:
        """Return all that was made, or nothing where it was not kept."""
        nothing = np.zeros((self._channels, 0), np.float32)
        samples = np.concatenate([nothing, *(self._chunks or ())], axis=1)
        return Sound(samples=samples, sample_rate_hz=self._codec.config.sample_rate_hz)


class StemSeparation:
    """The audio of each stem of a clip, made one after the other from its codebooks alone."""

    def __init__(self, the_codec: codec.Codec, tokens: Tokens, stems: Sequence[Stem]) -> None:
        """Take the codes [codebooks, frames] of a mono clip, and its stems."""
        self.tokens = tokens
        self._codec = the_codec
        self._left = deque((stem.name, isolate_stem(tokens, stem)) for stem in stems)
        self._vocoder = Vocoder(the_codec, 1)
        self._sounds: dict[str, Sound] = {}

    def decode_chunk(self) -> Mapping[str, Sound] | None:
        """Make the next chunk of audio; return the sounds by name once all are made."""
        name, tokens = self._left[0]
        _, last = self._vocoder.decode_chunk(
            lambda begin, end: tokens[:, begin:end], tokens.shape[1], whole=True
        )
        if not last:
            return None
        self._sounds[name] = self._vocoder.sound()
        self._left.popleft()
        self._vocoder = Vocoder(self._codec, 1)
        return None if self._left else self._sounds
