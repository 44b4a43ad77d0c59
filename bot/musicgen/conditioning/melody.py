"""Melody conditioning: from sound to pitch classes to states for the decoder."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bot.domain.generation import Floats, Sound
from bot.musicgen.checkpoint.model_config import MelodyConfig
from bot.musicgen.conditioning.chroma import Classes, find_classes
from bot.musicgen.kernels.packed_weights import PackedWeights

WINDOW_SECONDS = 30

NULL_TEXT_TOKENS = 64
"""Text length for which the unconditional prefix is cached; more than that is computed."""


class Melody:
    """A melody to follow, repeated from its start when it ends."""

    def __init__(self, sound: Sound) -> None:
        """Take a sound at the model's rate."""
        self._mono = sound.samples.mean(axis=0, dtype=np.float32)
        self._rate_hz = sound.sample_rate_hz

    def classes(self, begin_seconds: float) -> Classes:
        """Return the pitch classes of the 30 s from a time on; of a shorter melody its own length.

        Later windows wrap around in the samples and are analysed anew, as in audiocraft.
        """
        window = WINDOW_SECONDS * self._rate_hz
        begin = round(begin_seconds * self._rate_hz)
        if begin == 0:
            return find_classes(self._mono[:window], self._rate_hz)
        samples = np.take(self._mono, np.arange(begin, begin + window), mode="wrap")
        return find_classes(samples, self._rate_hz)


class MelodyEncoder:
    """Projects pitch classes to the decoder's width: `audio_enc_to_dec_proj`."""

    def __init__(
        self, weights: Mapping[str, Floats], config: MelodyConfig, packed: PackedWeights
    ) -> None:
        """Take the projection of one-hot classes: its weight [width, classes] and its bias."""
        self.frames = config.frames
        self._states: Floats = packed.array(
            "melody.states", lambda: weights["weight"].T + weights["bias"]
        )

    def encode(self, classes: Classes) -> Floats:
        """Return the states of a window, [frames, width]; short melodies are repeated."""
        repeats = -(-self.frames // len(classes))
        states: Floats = self._states[np.tile(classes, repeats)[: self.frames]]
        return states

    def encode_nothing(self) -> Floats:
        """Return the states of a window without melody: all class 0, as in training."""
        return self.encode(np.zeros(1, np.int64))

    def null_prefix(self) -> Floats:
        """Return the states for no melody and no text, which are the same for all requests."""
        nothing = self.encode_nothing()
        return np.concatenate([nothing, np.zeros((NULL_TEXT_TOKENS, nothing.shape[1]), np.float32)])
