"""How far sound is from an original."""

from __future__ import annotations

import numpy as np

from bot.audio.analysis.spectra import power_spectrogram
from bot.starter.evaluation.features import Sound, heard_bands

_WINDOW, _HOP, _BANDS = 2048, 512, 80
# 80 dB below full scale; what is quieter than that in both is alike.
_FLOOR = 1e-8


def log_mel_distance_db(made: Sound, original: Sound) -> float:
    """Return the mean distance of the levels of mel bands, in dB; 0 is the same."""
    bands = heard_bands(_WINDOW, _BANDS)
    mel = [
        np.log10(power_spectrogram(each, _WINDOW, _HOP) @ bands + _FLOOR)
        for each in (made, original)
    ]
    return 10 * float(np.abs(mel[0] - mel[1]).mean())
