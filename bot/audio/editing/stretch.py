"""Change the tempo or the pitch of a sound independently.

Signalsmith Stretch holds the interpreter lock while it works: not to be called in a process with an
event loop.
"""

from __future__ import annotations

import numpy as np
from python_stretch import Signalsmith

from bot.domain.generation import Sound

# Padding, since attacks at the very start would be cut.
_MARGIN_SECONDS = 0.25
_SEED = 1
# Above this nothing is a tone whose overtones must fit.
_TONALITY_HZ = 8000.0


def stretch(sound: Sound, *, time_factor: float, semitones: int) -> Sound:
    """Return a sound faster by a factor and higher by semitones; the same twice for the same."""
    if time_factor == 1 and semitones == 0:
        return sound
    rate_hz = sound.sample_rate_hz
    margin = round(_MARGIN_SECONDS * rate_hz)
    processor = Signalsmith.Stretch(_SEED)
    processor.preset(sound.channels, rate_hz)
    processor.setTimeFactor(time_factor)
    processor.setTransposeSemitones(semitones, _TONALITY_HZ / rate_hz)
    padded = np.pad(sound.samples, ((0, 0), (margin, 2 * margin)))
    made = np.asarray(processor.process(np.ascontiguousarray(padded, dtype=np.float32)))
    first = round(margin / time_factor)
    length = round(sound.samples.shape[1] / time_factor)
    samples = np.ascontiguousarray(made[:, first : first + length], dtype=np.float32)
    return Sound(samples=samples, sample_rate_hz=rate_hz)
