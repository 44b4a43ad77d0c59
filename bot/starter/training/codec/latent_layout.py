"""Where the vectors and keys of codebooks lie in the latent space.

What the drums and the memory of each pitched codebook need comes first, each in dimensions of its
own; then what codebooks say together, which the decoder adds up; then the keys, which the encoder
finds, each codebook's in dimensions of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.starter.training.codec.units import BANDS, PATTERN, TAILS, VOICES, WAVES
from bot.starter.training.data.codebooks import BOOKS, DRUMS, PITCHED

SOUNDING = tuple(range(DRUMS, len(BOOKS)))
"""The codebooks that have vectors and keys: all but the clock and the plan."""

DRUM_DIMENSIONS = TAILS + WAVES
"""Of the drums alone: what rings on as noise, and waveforms."""

VOICE_DIMENSIONS = 1 + PATTERN
"""Of a pitched codebook alone: how its notes fade, and what is remembered of them."""

SPECTRUM = 29
"""Of all pitched codebooks: which tones sound while a note is held."""

KEY_DIMENSIONS = 16
"""Of one codebook's keys."""

_OWN = DRUM_DIMENSIONS + VOICES * VOICE_DIMENSIONS
NOISE = slice(_OWN, _OWN + BANDS)
"""How loud each band of noise is in this frame: of all that sound."""

HELD_TONES = slice(NOISE.stop, NOISE.stop + SPECTRUM)
PITCHED_VECTORS = slice(DRUM_DIMENSIONS, HELD_TONES.stop)
"""All dimensions that say which notes are held."""

VECTOR_DIMENSIONS = HELD_TONES.stop
HIDDEN_DIMENSIONS = VECTOR_DIMENSIONS + KEY_DIMENSIONS * len(SOUNDING)


def own_dimensions(book: int) -> slice:
    """Return the dimensions that a codebook's vectors have for themselves."""
    if book == DRUMS:
        return slice(0, DRUM_DIMENSIONS)
    return voice_dimensions(list(PITCHED).index(book))


def voice_dimensions(voice: int) -> slice:
    """Return the dimensions that a pitched codebook has for itself, by the number of its voice."""
    first = DRUM_DIMENSIONS + voice * VOICE_DIMENSIONS
    return slice(first, first + VOICE_DIMENSIONS)


def vector_dimensions(book: int) -> NDArray[np.intp]:
    """Return all dimensions of a codebook's vectors: its own, then the shared ones."""
    shared = NOISE if book == DRUMS else slice(NOISE.start, HELD_TONES.stop)
    dimensions = np.arange(HIDDEN_DIMENSIONS)
    return np.concatenate([dimensions[own_dimensions(book)], dimensions[shared]])


def key_dimensions(book: int) -> NDArray[np.intp]:
    """Return the dimensions of a codebook's keys."""
    first = VECTOR_DIMENSIONS + SOUNDING.index(book) * KEY_DIMENSIONS
    return np.arange(first, first + KEY_DIMENSIONS)
