"""musicnn, an independent judge: which tags people would give a clip.

Its networks were trained on MagnaTagATune and on the Million Song Dataset by others, and know
nothing of this composer. The weights come with the package `musicnn`; its own code, which needs
TensorFlow, is not run. Sources: arXiv 1909.06654 (musicnn); 1711.02520 (the architecture).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bot.audio.analysis.spectra import power_spectrogram
from bot.domain.generation import Floats
from bot.starter.evaluation.features import SAMPLE_RATE_HZ, Sound
from bot.starter.evaluation.tensorflow_bundle import read_bundle

_RATE_HZ, _WINDOW, _HOP, _BANDS = 16_000, 512, 256, 96
_PATCH_FRAMES = 187
_EPSILON = 1e-3

_MSD_TAGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s",
    "alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists", "classic rock",
    "soul", "indie rock", "mellow", "electronica", "80s", "folk", "90s", "chill", "instrumental",
    "punk", "oldies", "blues", "hard rock", "ambient", "acoustic", "experimental",
    "female vocalist", "guitar", "hip-hop", "70s", "party", "country", "easy listening", "sexy",
    "catchy", "funk", "electro", "heavy metal", "progressive rock", "60s", "rnb", "indie pop",
    "sad", "house", "happy",
)  # fmt: skip
_MTT_TAGS = (
    "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast",
    "piano", "ambient", "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male",
    "singing", "vocals", "no vocals", "harpsichord", "loud", "quiet", "flute", "woman",
    "male vocal", "no vocal", "pop", "soft", "sitar", "solo", "man", "classic", "choir", "voice",
    "new age", "dance", "male voice", "female vocal", "beats", "harp", "cello", "no voice",
    "weird", "country", "metal", "female voice", "choral",
)  # fmt: skip
_MODELS = {"MSD_musicnn": _MSD_TAGS, "MTT_musicnn": _MTT_TAGS}


@dataclass(frozen=True, slots=True)
class Tagger:
    """One of the networks: its weights by their names in the checkpoint, and its tags."""

    weights: Mapping[str, Floats]
    tags: tuple[str, ...]

    def __call__(self, sound: Sound) -> dict[str, float]:
        """Return the mean probability of each tag over stretches of three seconds."""
        spectrum = _spectrum(sound)
        starts = range(0, max(1, len(spectrum) - _PATCH_FRAMES + 1), _PATCH_FRAMES)
        scores = [self._scores(spectrum[start : start + _PATCH_FRAMES]) for start in starts]
        chances = np.mean([1 / (1 + np.exp(-each)) for each in scores], axis=0)
        return dict(zip(self.tags, chances.tolist(), strict=True))

    def _scores(self, patch: Floats) -> Floats:
        normal = self._normalized(patch[:, :, None], 0)[:, :, 0]
        timbres = [self._timbre(_padded(normal, 3), layer) for layer in (0, 1)]
        pulses = [self._pulse(normal, layer) for layer in (2, 3, 4)]
        front = np.concatenate([*timbres, *pulses], axis=1)
        first = self._along(front, 5)
        second = self._along(first, 6) + first
        third = self._along(second, 7) + second
        levels = np.concatenate([front, first, second, third], axis=1)
        # The two poolings are flattened with the channels outside.
        pooled = np.stack([levels.max(axis=0), levels.mean(axis=0)], axis=1).reshape(-1)
        hidden = np.maximum(self._dense(self._normalized(pooled, 9), 0), 0)
        return self._dense(self._normalized(hidden, 10), 1)

    def _timbre(self, padded: Floats, layer: int) -> Floats:
        """Return the strongest of each shape, wherever in pitch, [frames, shapes]."""
        kernel = self.weights[f"{_numbered('conv2d', layer)}/kernel"][:, :, 0]
        rows, columns, shapes = kernel.shape
        windows = np.lib.stride_tricks.sliding_window_view(padded, (rows, columns))
        found = windows.reshape(*windows.shape[:2], -1) @ kernel.reshape(-1, shapes)
        active = np.maximum(found + self._bias(layer), 0)
        most: Floats = self._normalized(active, layer + 1).max(axis=1)
        return most

    def _pulse(self, normal: Floats, layer: int) -> Floats:
        """Return the strongest of each shape in time, of any band, [frames, shapes]."""
        kernel = self.weights[f"{_numbered('conv2d', layer)}/kernel"][:, 0, 0]
        before = (len(kernel) - 1) // 2
        padded = np.pad(normal, ((before, len(kernel) - 1 - before), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0)
        active = np.maximum(windows @ kernel + self._bias(layer), 0)
        most: Floats = self._normalized(active, layer + 1).max(axis=1)
        return most

    def _along(self, rows: Floats, layer: int) -> Floats:
        kernel = self.weights[f"{_numbered('conv2d', layer)}/kernel"][:, :, 0]
        windows = np.lib.stride_tricks.sliding_window_view(_padded(rows, 3), len(kernel), axis=0)
        flat = windows.transpose(0, 2, 1).reshape(len(rows), -1)
        active = np.maximum(flat @ kernel.reshape(-1, kernel.shape[-1]) + self._bias(layer), 0)
        return self._normalized(active, layer + 1)

    def _bias(self, layer: int) -> Floats:
        return self.weights[f"{_numbered('conv2d', layer)}/bias"]

    def _dense(self, row: Floats, layer: int) -> Floats:
        name = _numbered("dense", layer)
        found: Floats = row @ self.weights[f"{name}/kernel"] + self.weights[f"{name}/bias"]
        return found

    def _normalized(self, values: Floats, layer: int) -> Floats:
        name = _numbered("batch_normalization", layer)
        own = {
            each: self.weights[f"{name}/{each}"]
            for each in ("gamma", "beta", "moving_mean", "moving_variance")
        }
        scale = own["gamma"] / np.sqrt(own["moving_variance"] + _EPSILON)
        found: Floats = (values - own["moving_mean"]) * scale + own["beta"]
        return found


def installed_taggers() -> tuple[Tagger, ...]:
    """Return the networks of the package, none where it is not installed."""
    spec = find_spec("musicnn")
    if spec is None or spec.origin is None:
        return ()
    folder = Path(spec.origin).parent
    return tuple(Tagger(read_bundle(folder / name), tags) for name, tags in _MODELS.items())


TagSound = Callable[[Sound], dict[str, float]]
"""What gives the probability of each tag for a sound at 32 kHz."""


def tags_of(taggers: Sequence[TagSound], sound: Sound) -> dict[str, float]:
    """Return the probability of each tag, the mean where both networks know it."""
    found: dict[str, list[float]] = {}
    for tagger in taggers:
        for tag, chance in tagger(sound).items():
            found.setdefault(tag, []).append(chance)
    return {tag: float(np.mean(chances)) for tag, chances in found.items()}


def _spectrum(sound: Sound) -> Floats:
    """Return what the networks see of a sound at 32 kHz, [frames, bands]."""
    halved = _halved(sound)
    # Ours is scaled so that a sine of amplitude 1 has 1/4; theirs is not scaled at all.
    scale = np.float32(np.square(np.hanning(_WINDOW + 1)[:-1].sum()))
    mel = (power_spectrogram(halved, _WINDOW, _HOP) * scale) @ _bands()
    found: Floats = np.log10(1e4 * mel + 1).astype(np.float32)
    return found


@cache
def _bands() -> Floats:
    """Return mel filters of unit area, [bins, bands].

    They are triangles on Slaney's scale, linear up to 1 kHz. Source: Slaney 1998.
    """
    top = 15 + np.log(_RATE_HZ / 2 / 1000) / (np.log(6.4) / 27)
    mels = np.linspace(0, top, _BANDS + 2)
    edges = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))
    hz = np.fft.rfftfreq(_WINDOW, 1 / _RATE_HZ)[:, None]
    rising = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(0, np.minimum(rising, falling))
    found: Floats = (triangles * 2 / (edges[2:] - edges[:-2])).astype(np.float32)
    return found


def _halved(sound: Sound) -> Sound:
    """Return sound at half its rate, what is above the new middle cut off."""
    assert SAMPLE_RATE_HZ == 2 * _RATE_HZ
    taps = np.arange(-32, 33)
    kernel = np.sinc(taps / 2) / 2 * np.hanning(len(taps) + 2)[1:-1]
    found: Sound = np.convolve(sound, kernel / kernel.sum(), mode="same")[::2].astype(np.float32)
    return found


def _padded(rows: Floats, by: int) -> Floats:
    return np.pad(rows, ((by, by), (0, 0)))


def _numbered(name: str, layer: int) -> str:
    return f"{name}_{layer}" if layer else name
