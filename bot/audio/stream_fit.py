"""Convert generated sound piece by piece to 48 kHz stereo at an even loudness."""

from __future__ import annotations

import numpy as np
import soxr

from bot.audio.files.opus_packets import CHANNELS, RATE_HZ
from bot.audio.limiter import limit_peaks
from bot.audio.mixing import mix_channels
from bot.domain.generation import Floats, Sound

_LEVEL = 0.15
"""The root mean square that is aimed at: about as loud as clips at -14 LUFS."""
_LEAST_GAIN, _MOST_GAIN = 0.25, 4.0
_SLOW_SECONDS = 6.0
_QUIET = 1e-3


class StreamFit:
    """Converts the pieces of one sound, in order."""

    def __init__(self) -> None:
        self._resampler: soxr.ResampleStream | None = None
        self._power: float | None = None
        self._gain = 1.0

    def take(self, piece: Sound) -> Floats:
        """Return the playable part of a piece, [samples, 2] at 48 kHz within full scale.

        The loudness of the rest is unknown, so the gain adapts slowly.
        """
        samples = mix_channels(piece.samples, CHANNELS).T
        if piece.sample_rate_hz != RATE_HZ:
            if self._resampler is None:
                self._resampler = soxr.ResampleStream(
                    piece.sample_rate_hz, RATE_HZ, CHANNELS, dtype="float32"
                )
            samples = self._resampler.resample_chunk(np.ascontiguousarray(samples, np.float32))
        return self._levelled(np.asarray(samples, dtype=np.float32))

    def _levelled(self, samples: Floats) -> Floats:
        if not len(samples):
            return samples
        power = float(np.square(samples).mean(dtype=np.float64))
        before = self._gain
        if power > _QUIET**2:
            weight = (
                1.0 if self._power is None else min(1.0, len(samples) / RATE_HZ / _SLOW_SECONDS)
            )
            self._power = (
                power if self._power is None else self._power + weight * (power - self._power)
            )
            wanted = min(max(_LEVEL / float(np.sqrt(self._power)), _LEAST_GAIN), _MOST_GAIN)
            # What begins has no gain before it.
            before, self._gain = (wanted if weight == 1.0 else before), wanted
        gains = np.linspace(before, self._gain, len(samples), dtype=np.float32)[:, None]
        return limit_peaks(samples * gains)
