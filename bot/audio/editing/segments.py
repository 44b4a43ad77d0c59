"""Joins, overlays and gain, by pydub on 32-bit integers, so that nothing is lost.

Sounds are floats and may go beyond [-1, 1]; pydub's segments are integers and saturate. So the
sounds of one operation share a full scale: the power of two above their highest peak, with room for
the sum of two. A float32 survives the way there and back to within 2**-31 of that full scale.

Three things pydub offers are not used. Its slices are whole milliseconds, so cuts are made in
samples, before. Its `fade` is a straight line that starts and ends at -120 dB instead of silence,
and `append(crossfade=)` adds two of those: unrelated sounds are 3 dB softer in the middle. The
curves of fades and equal-power crossfades are applied in `crossfade.py`; the sum is pydub's.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bot.domain.generation import Sound

with warnings.catch_warnings():
    # It warns of audioop, of its own regular expressions, and of an ffmpeg that is not on the PATH:
    # nothing here lets it run one.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

SAMPLE_BYTES = 4

# One bit for the sign and one for the sum of two sounds.
_FULL_SCALE_BITS = 30
_SMALLEST_EXPONENT, _LARGEST_EXPONENT = -60, 120
# An overlay is cut to whole milliseconds: the silence that is cut off instead.
_SPARE_SECONDS = 0.003


def full_scale(*sounds: Sound) -> float:
    """Return a power of two that no sample of these sounds goes beyond."""
    peak = max(float(np.abs(sound.samples).max(initial=0.0)) for sound in sounds)
    fraction, exponent = math.frexp(peak)
    if fraction == 0.5:  # a power of two itself
        exponent -= 1
    return 2.0 ** min(max(exponent, _SMALLEST_EXPONENT), _LARGEST_EXPONENT)


def to_segment(sound: Sound, scale: float) -> AudioSegment:
    """Return a finite sound as 32-bit integers, `scale` being half of what they can hold."""
    steps = np.float32(2.0**_FULL_SCALE_BITS / scale)
    whole = np.rint(sound.samples.T * steps).astype("<i4")
    return AudioSegment(
        data=whole.tobytes(),
        sample_width=SAMPLE_BYTES,
        frame_rate=sound.sample_rate_hz,
        channels=sound.channels,
    )


def to_sound(segment: AudioSegment, scale: float) -> Sound:
    """Return a segment as a sound again, on the scale that it was made with."""
    whole = np.frombuffer(segment.raw_data, "<i4").reshape(-1, segment.channels)
    samples = np.ascontiguousarray(whole.T, dtype=np.float32)
    samples *= np.float32(scale / 2.0**_FULL_SCALE_BITS)
    return Sound(samples=samples, sample_rate_hz=segment.frame_rate)


def join(sounds: Sequence[Sound]) -> Sound:
    """Return sounds of one rate and as many channels, one after the other."""
    scale = full_scale(*sounds)
    joined = to_segment(sounds[0], scale)
    for sound in sounds[1:]:
        joined = joined.append(to_segment(sound, scale), crossfade=0)
    return to_sound(joined, scale)


def overlay(first: Sound, second: Sound) -> Sound:
    """Return the sum of two sounds of one rate, length and number of channels."""
    scale = full_scale(first, second)
    frames = first.samples.shape[1]
    under, over = (to_segment(_lengthen(sound), scale) for sound in (first, second))
    return to_sound(under.overlay(over).get_sample_slice(0, frames), scale)


def amplify(sound: Sound, gain_db: float) -> Sound:
    """Return a sound that is louder by a gain in dB; one with NaN stays as it is."""
    if gain_db == 0 or not np.isfinite(sound.samples).all():
        return sound
    # The power of two moves the scale: what is turned up far keeps all its bits.
    fraction, exponent = math.frexp(10 ** (gain_db / 20))
    scale = full_scale(sound)
    segment = to_segment(sound, scale).apply_gain(20 * math.log10(fraction))
    return to_sound(segment, scale * 2.0**exponent)


def _lengthen(sound: Sound) -> Sound:
    spare = math.ceil(_SPARE_SECONDS * sound.sample_rate_hz)
    return replace(sound, samples=np.pad(sound.samples, ((0, 0), (0, spare))))
