"""From codes to sound a stretch at a time: a clip while it is being made, or each of its stems."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np

from bot.domain.generation import Samples, Sound, Tokens
from bot.musicgen.checkpoint.stems import Stem, alone
from bot.musicgen.codec import codec
from bot.musicgen.engine.batch import split


class Sounding:
    """The sound of one row of codes, as far as it is made."""

    def __init__(self, the_codec: codec.Codec, channels: int) -> None:
        """Take the codec, whose blocks are the stretches, and the channels of the sound."""
        self.frames = 0
        """How many frames have been taken in."""
        self._codec, self._channels = the_codec, channels
        self._decoder = codec.Decoder(the_codec, channels=channels)
        self._pieces: list[Samples] = []

    def advance(self, tokens: Tokens, complete_frames: int, *, whole: bool) -> tuple[Samples, bool]:
        """Make sound of the next stretch of a clip's tokens [codebooks, frames].

        `complete_frames` of them are there, and with `whole` that is all there will be. Return the
        samples [channels, samples], and whether it was the last stretch.
        """
        until = min(self.frames + self._codec.block_frames, complete_frames)
        made = self._decoder.push(split(tokens[:, self.frames : until], self._channels))
        ended = whole and until == complete_frames
        if ended:
            made = np.concatenate([made, self._decoder.finish()], axis=1)
        self.frames = until
        self._pieces.append(made)
        return made, ended

    def sound(self) -> Sound:
        """Return all that was made."""
        samples = np.concatenate(self._pieces, axis=1)
        return Sound(samples=samples, sample_rate_hz=self._codec.shape.sample_rate_hz)


class Separation:
    """A whole clip on its way to the sounds of its stems, one after the other."""

    def __init__(self, the_codec: codec.Codec, tokens: Tokens, stems: Sequence[Stem]) -> None:
        """Take the codes [codebooks, frames] of a mono clip, and what it is taken apart into."""
        self._codec = the_codec
        self._left = deque((stem.name, alone(tokens, stem)) for stem in stems)
        self._sounding = Sounding(the_codec, 1)
        self._sounds: dict[str, Sound] = {}

    def advance(self) -> Mapping[str, Sound] | None:
        """Make the next stretch of sound; return the sounds by name once all are made."""
        name, tokens = self._left[0]
        _, ended = self._sounding.advance(tokens, tokens.shape[1], whole=True)
        if not ended:
            return None
        self._sounds[name] = self._sounding.sound()
        self._left.popleft()
        self._sounding = Sounding(self._codec, 1)
        return None if self._left else self._sounds
