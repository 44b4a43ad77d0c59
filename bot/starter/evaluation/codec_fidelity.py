"""What a codec loses, in distances between spectra.

Sources: arXiv 1910.11480 (multi-resolution STFT distance: spectral convergence plus the distance of
log magnitudes).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.audio.analysis.spectra import power_spectrogram
from bot.starter.evaluation.features import Sound, heard_bands

_MEL_WINDOW, _MEL_BANDS = 2048, 80
_RESOLUTIONS = (2048, 1024, 512)
# 80 dB below full scale; what is quieter than that in both is alike.
_FLOOR = 1e-8


@dataclass(frozen=True, slots=True)
class Loss:
    """How far sound is from the original; 0 is the same."""

    log_mel_db: float
    stft: float


def loss(made: Sound, original: Sound) -> Loss:
    """Measure how far sound is from the original."""
    mel = [
        np.log10(
            power_spectrogram(each, _MEL_WINDOW, 512) @ heard_bands(_MEL_WINDOW, _MEL_BANDS)
            + _FLOOR
        )
        for each in (made, original)
    ]
    distances = []
    for window in _RESOLUTIONS:
        found, goal = (
            np.sqrt(power_spectrogram(each, window, window // 4)) for each in (made, original)
        )
        convergence = np.linalg.norm(found - goal) / max(float(np.linalg.norm(goal)), 1e-9)
        floor = np.sqrt(_FLOOR)
        logs = np.abs(np.log(np.maximum(found, floor)) - np.log(np.maximum(goal, floor)))
        distances.append(float(convergence) + float(logs.mean()))
    return Loss(10 * float(np.abs(mel[0] - mel[1]).mean()), float(np.mean(distances)))
