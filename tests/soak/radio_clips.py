"""When a clip, or another one after a skip, is heard in the voice channel."""

from __future__ import annotations

import io

import numpy as np
import soundfile
import soxr

from tests.support.heard_sound import RATE_HZ, decode

LOUD = 0.02
_FRAME = RATE_HZ // 50
_COARSE_HZ, _COARSE_FRAME = 8_000, 160
"""The resolution of the comparison, which is enough to tell clips apart."""
_WINDOW_SECONDS, _STEP_SECONDS = 0.3, 0.04
_ALIKE = 0.5


def first_loud(packets):
    """Return the first packet with audible sound, or None."""
    if len(packets) < 5:
        return None
    sound = decode([each.opus for each in packets])
    rows = sound[: len(sound) // _FRAME * _FRAME, 0].reshape(-1, _FRAME)
    loud = np.flatnonzero(np.sqrt(np.square(rows).mean(axis=1)) > LOUD)
    return packets[min(loud[0], len(packets) - 1)] if len(loud) else None


def heard_instead(packets, old, new, since):
    """Return when a clip was heard in place of another, in seconds; None if it was not.

    Packets begin before the change, clips are files, and `since` is on the packets' clock.
    """
    old, new = (_coarse(*soundfile.read(io.BytesIO(each), always_2d=True)) for each in (old, new))
    sound = _coarse(decode([each.opus for each in packets]), RATE_HZ)
    window, step = (round(each * _COARSE_HZ) for each in (_WINDOW_SECONDS, _STEP_SECONDS))
    for at in range(0, len(sound) - window, step):
        middle = packets[min((at + window // 2) // _COARSE_FRAME, len(packets) - 1)]
        if middle.at < since:
            continue
        part = sound[at : at + window]
        alike = likeness(part, new)
        if alike > _ALIKE and alike > likeness(part, old):
            return middle.at - since
    return None


def likeness(part, whole):
    """Return the highest correlation of a part with any place in a sound, from 0 to 1."""
    size = 1 << (len(whole) + len(part)).bit_length()
    product = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size))
    found = np.fft.irfft(product, size)[: len(whole) - len(part) + 1]
    sums = np.concatenate([[0.0], np.cumsum(np.square(whole))])
    powers = (sums[len(part) :] - sums[: -len(part)])[: len(found)]
    norm = np.sqrt(np.maximum(powers, 1e-6) * max(float(np.square(part).sum()), 1e-6))
    return float((found / norm).max())


def _coarse(samples, rate_hz):
    return soxr.resample(samples.mean(axis=1), rate_hz, _COARSE_HZ)
