"""How similar two clips are: whether they are one recording, however shifted.

Three things that a listener would know a recording by are cross-correlated at every shift: how the
bands of the spectrum change, the pitch classes, and the onsets. Source: Müller 2015, chapter 4
(chroma and similarity at a lag).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.audio.analysis.onsets import subtract_local_mean
from bot.audio.analysis.spectra import log_amplitude
from bot.domain.generation import Floats
from bot.starter.evaluation.features import (
    ANALYSIS_FRAME_RATE_HZ,
    LOCAL_FRAMES,
    ClipSpectra,
    mel_flux,
)

ALIKE = 0.85
"""Above this in all three, two clips are alike."""

_MEL_STEP, _ONSET_STEP = 10, 2
_STEP_SECONDS = _MEL_STEP / ANALYSIS_FRAME_RATE_HZ
# Two clips must share this much of the shorter one, or chance looks like likeness.
_LEAST_OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Traces:
    """What changes over a clip, each [steps, rows] and 0 on average over the clip."""

    mel: Floats
    chroma: Floats
    onsets: Floats


@dataclass(frozen=True, slots=True)
class Similarity:
    """Correlations of two clips, each at the shift where it is highest; 1 is the same."""

    mel: float
    chroma: float
    onsets: float

    @property
    def is_alike(self) -> bool:
        """Tell whether a listener would say that it is the same again."""
        return min(self.mel, self.chroma, self.onsets) > ALIKE

    @property
    def distance(self) -> float:
        """Return how different the clips are, 0 for the same and about 1 for held-out pieces."""
        return 1 - (self.mel + self.chroma + self.onsets) / 3


def measure_traces(shown: ClipSpectra) -> Traces:
    """Return what changes over a clip."""
    whole = len(shown.mel) // _MEL_STEP * _MEL_STEP
    mel = log_amplitude(shown.mel)[:whole].reshape(-1, _MEL_STEP, shown.mel.shape[1]).mean(axis=1)
    shares = shown.chroma / (shown.chroma.sum(axis=1, keepdims=True) + np.float32(1e-6))
    onsets = subtract_local_mean(mel_flux(shown.mel).mean(axis=1), LOCAL_FRAMES)
    # A frame early or late is the same onset to an ear.
    onsets = np.convolve(onsets, np.hanning(9)[1:-1], mode="same")[::_ONSET_STEP]
    rows = (mel, shares, onsets[:, None].astype(np.float32))
    return Traces(*(each - each.mean(axis=0) for each in rows))


def compare_clips(one: Traces, other: Traces) -> Similarity:
    """Compare two clips at every shift by up to half of the shorter one."""
    return Similarity(
        *(
            float(correlations(getattr(one, name), getattr(other, name)).max(initial=0.0))
            for name in ("mel", "chroma", "onsets")
        )
    )


def self_similarity(one: Traces, shortest_seconds: float, longest_seconds: float) -> float:
    """Return how much a clip is like itself some seconds later, at the best of such shifts."""
    found = correlations(one.mel, one.mel)
    middle = len(found) // 2
    first, last = (round(s / _STEP_SECONDS) for s in (shortest_seconds, longest_seconds))
    return float(found[middle + first : middle + last + 1].max(initial=0.0))


def correlations(one: Floats, other: Floats) -> Floats:
    """Return the correlation of what two clips share at each shift, [shifts].

    Both are [steps, rows]; in the middle of the shifts is none.
    """
    lengths = (len(one), len(other))
    size = 1 << sum(lengths).bit_length()
    reach = round(min(lengths) * (1 - _LEAST_OVERLAP))
    shifts = np.arange(-reach, reach + 1)

    def crossed(a: Floats, b: Floats) -> Floats:
        spectra = np.fft.rfft(a, size, axis=0), np.fft.rfft(b, size, axis=0)
        product = (np.conj(spectra[0]) * spectra[1]).sum(axis=1)
        found: Floats = np.fft.irfft(product, size)[shifts].astype(np.float32)
        return found

    energies = [np.square(each).sum(axis=1, keepdims=True) for each in (one, other)]
    there = [np.ones((length, 1), np.float32) for length in lengths]
    shared = crossed(energies[0], there[1]) * crossed(there[0], energies[1])
    # Where one side has nothing, rounding would decide.
    least = 1e-4 * float(energies[0].sum() * energies[1].sum()) + 1e-12
    found: Floats = crossed(one, other) / np.sqrt(np.maximum(shared, least))
    return found
