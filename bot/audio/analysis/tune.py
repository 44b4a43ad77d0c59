"""Isolate the melody of a sound: sustained tones without percussion and bass.

A melody model uses the strongest pitch class of each moment, which drums would obscure. Source of
the separation: D. FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010: a
tone is a ridge along time, which a median over time keeps; a stroke is one along frequency.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bot.audio.analysis.spectra import QUIETEST
from bot.audio.mixing import mix_to_mono
from bot.domain.generation import Floats, Sound
from bot.errors import SoundError
from bot.i18n.sentence import Sentence

LEAST_SECONDS = 1.0
MOST_SECONDS = 120.0

SHORT = Sentence("The melody is too short to follow: it must be at least a second long.")
SILENT = Sentence("There is only silence where a melody should be: choose another sound.")
DRUMS = Sentence("There are only drums here, and no tune to follow.")

_WINDOW_SECONDS, _STEPS = 0.25, 4
# Some 0.6 s along time and 120 Hz along frequency.
_TIME_FRAMES, _FREQUENCY_BINS = 9, 31
_LOWEST_HZ, _HIGHEST_HZ = 130.0, 4000.0
# Of noise about half counts as sustained at every frequency, of a tone nearly all at its own.
_TONAL, _LEAST_TONAL_SHARE = 0.8, 0.15
_BLOCK = 64


def isolate_tune(sound: Sound) -> Sound:
    """Return the melody of a sound, mono, at its sample rate and length.

    Raises SoundError if there is none: silence, drums only, or less than a second.
    """
    mono = mix_to_mono(sound.samples)
    if sound.seconds < LEAST_SECONDS:
        raise SoundError(SHORT)
    if not np.isfinite(mono).all() or float(np.abs(mono).max()) < QUIETEST:
        raise SoundError(SILENT)
    window = 1 << round(float(np.log2(_WINDOW_SECONDS * sound.sample_rate_hz)))
    hop = window // _STEPS
    taper = np.hanning(window + 1)[:-1].astype(np.float32)
    padded = np.pad(mono, (window // 2, window // 2 + hop))
    spectra = np.fft.rfft(sliding_window_view(padded, window)[::hop] * taper).astype(np.complex64)
    first, last = (round(hz * window / sound.sample_rate_hz) for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    band = spectra[:, first:last]
    magnitudes = np.abs(band)
    sustained = np.square(_median(magnitudes, _TIME_FRAMES, axis=0))
    struck = np.square(_median(magnitudes, _FREQUENCY_BINS, axis=1))
    share = sustained / (sustained + struck + 1e-12)
    energy = np.square(magnitudes)
    tonal = float(energy[share > _TONAL].sum())
    if tonal < _LEAST_TONAL_SHARE * float(energy.sum()):
        raise SoundError(DRUMS)
    kept = np.zeros_like(spectra)
    kept[:, first:last] = band * share
    samples = _overlap(np.fft.irfft(kept, window) * taper, hop)
    samples = samples[window // 2 : window // 2 + len(mono)]
    return replace(sound, samples=samples[None].astype(np.float32))


def _median(values: Floats, width: int, *, axis: int) -> Floats:
    """Return the running median along an axis."""
    margins = [(0, 0), (0, 0)]
    margins[axis] = (width // 2, width // 2)
    runs = sliding_window_view(np.pad(values, margins, mode="symmetric"), width, axis=axis)
    found = np.empty_like(values)
    for start in range(0, len(found), _BLOCK):  # each number is there as often as `width`
        block = runs[start : start + _BLOCK]
        found[start : start + _BLOCK] = np.partition(block, width // 2, axis=-1)[..., width // 2]
    return found


def _overlap(frames: Floats, hop: int) -> Floats:
    """Return the sum of frames that were tapered twice, at its level before."""
    window = frames.shape[1]
    samples = np.zeros((len(frames) - 1) * hop + window)
    for index, frame in enumerate(frames):
        samples[index * hop : index * hop + window] += frame
    # Squared Hann windows, four over each sample, add up to 1.5.
    return np.asarray(samples / (_STEPS * 3 / 8), dtype=np.float32)
