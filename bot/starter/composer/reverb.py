"""The reverb of all pieces: one impulse response, the same every time.

FluidSynth's own reverb drifts, so that no bar sounds the same twice, and a model would have to
learn that drift as if it were music. This one is linear: a loop that returns has the same samples,
and so the same codes.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

_SECONDS = 1.0
DECAY_SECONDS = 0.22
_FIRST_ECHO_SECONDS = 0.012
_DARK_HZ = 5000.0
_SEED = 1


def add_reverb(sound: Sound, wetness: float, sample_rate_hz: int) -> Sound:
    """Return sound with reverb at a level of `wetness` (0 to 1); the length stays."""
    if wetness <= 0:
        return sound
    length = smooth_length(len(sound) + round(_SECONDS * sample_rate_hz))
    spectrum = np.fft.rfft(sound, length)
    spectrum *= 1 + wetness * np.fft.rfft(echo(sample_rate_hz), length)
    heard: Sound = np.fft.irfft(spectrum, length)[: len(sound)].astype(np.float32)
    return heard


def smooth_length(length: int) -> int:
    """Return the next length whose only factors are 2, 3 and 5: its transform is fast."""
    while not _is_smooth(length):
        length += 1
    return length


@cache
def echo(sample_rate_hz: int) -> NDArray[np.float64]:
    """Return the impulse response: decaying noise of energy 1."""
    count = round(_SECONDS * sample_rate_hz)
    noise = np.random.default_rng(_SEED).standard_normal(count)
    times = np.arange(count) / sample_rate_hz
    dying = noise * np.exp(-times / DECAY_SECONDS) * (times > _FIRST_ECHO_SECONDS)
    spectrum = np.fft.rfft(dying)
    hz = np.fft.rfftfreq(count, 1 / sample_rate_hz)
    # Walls swallow what is high, and a mix has no use for echoes of its bass.
    spectrum *= hz / (hz + 150.0) / np.sqrt(1 + (hz / _DARK_HZ) ** 4)
    echo = np.fft.irfft(spectrum, count)
    even: NDArray[np.float64] = echo / np.sqrt(np.square(echo).sum())
    return even


def _is_smooth(number: int) -> bool:
    for factor in (2, 3, 5):
        while number % factor == 0:
            number //= factor
    return number == 1
