"""A melody on its way to the decoder: a sound, its pitch classes, and their states."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bot.domain.generation import Floats, Sound
from bot.musicgen.checkpoint.model_config import MelodyConfig
from bot.musicgen.conditioning.chroma import Classes, find_classes
from bot.musicgen.kernels.packed_weights import PackedWeights

WINDOW_SECONDS = 30

NULL_TEXT_TOKENS = 64
"""For how long texts the prefix without conditioning is kept; what a longer one lacks is read."""


class Melody:
    """A melody to follow, repeated from its start when it ends."""

    def __init__(self, sound: Sound) -> None:
        """Take a sound at the model's rate."""
        self._mono = sound.samples.mean(axis=0, dtype=np.float32)
        self._rate_hz = sound.sample_rate_hz

    def classes(self, begin_seconds: float) -> Classes:
        """Return the pitch classes from a time on, of 30 s or of less that is to be repeated.

        Of later windows as audiocraft does: the samples go round, and are analysed anew.
        """
        window = WINDOW_SECONDS * self._rate_hz
        begin = round(begin_seconds * self._rate_hz)
        if begin == 0:
            return find_classes(self._mono[:window], self._rate_hz)
        samples = np.take(self._mono, np.arange(begin, begin + window), mode="wrap")
        return find_classes(samples, self._rate_hz)


class MelodyEncoder:
    """Turns pitch classes into states as wide as the decoder: `audio_enc_to_dec_proj`."""

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
        """Return the states of a window without a melody: all class 0, as in training."""
        return self.encode(np.zeros(1, np.int64))

    def null_prefix(self) -> Floats:
        """Return the states of no melody and no text, which are the same for all requests."""
        nothing = self.encode_nothing()
        return np.concatenate([nothing, np.zeros((NULL_TEXT_TOKENS, nothing.shape[1]), np.float32)])
