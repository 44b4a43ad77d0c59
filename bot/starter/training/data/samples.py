"""The instruments' sounds: single notes of free soundfonts, recorded once, at every third pitch.

Pieces are put together from these by adding (see mixing): it is what FluidSynth does too, without
its effects, and can be done for thousands of pieces at once.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from bot.starter.composer.reverb import smooth_length
from bot.starter.training.data.codebooks import PITCHED

Sound = NDArray[np.float32]

SAMPLE_RATE_HZ = 32_000
ZONE = 3
"""A recording serves this many neighbouring pitches: a semitone more changes no timbre."""


def pitch_key(instrument: str, pitch: int) -> str:
    """Return the name of the recording that a pitch of an instrument is made from."""
    return f"{instrument}/{round(pitch / ZONE) * ZONE}"


def drum_key(kit: int, pitch: int, is_ghost: bool) -> str:
    """Return the name of a drum's recording."""
    return f"kit {kit}/{pitch}{'g' if is_ghost else ''}"


def ranges() -> dict[str, tuple[int, int]]:
    """Return by instrument the lowest and highest pitch that any codebook has of it."""
    found: dict[str, tuple[int, int]] = {}
    for layout in PITCHED.values():
        for name, lowest in zip(layout.instruments, layout.lowest, strict=True):
            low, high = found.get(name, (127, 0))
            found[name] = min(low, lowest), max(high, lowest + layout.span - 1)
    return found


def resample(sound: Sound, numerator: int, denominator: int) -> Sound:
    """Return sound with `numerator / denominator` times as many samples.

    Exact up to the lower Nyquist rate; silence is added so that the transforms are fast.
    """
    unit = smooth_length(-(-len(sound) // denominator))
    count = numerator * unit
    spectrum = np.fft.rfft(sound, denominator * unit)
    padded = np.zeros(count // 2 + 1, spectrum.dtype)
    kept = min(len(padded), len(spectrum))
    padded[:kept] = spectrum[:kept]
    made = np.fft.irfft(padded, count)[: len(sound) * numerator // denominator]
    scaled: Sound = (made * (numerator / denominator)).astype(np.float32)
    return scaled


def write(sounds: Mapping[str, Sound], path: Path) -> None:
    """Write all recordings into one file, each as Ogg Vorbis: a tenth of their size."""
    packed = dict(zip(sounds, map(_packed, sounds.values()), strict=True))
    scratch = path.with_suffix(".part")
    with scratch.open("wb") as file:
        np.savez(file, **packed)
    scratch.rename(path)


def read(path: Path) -> dict[str, Sound]:
    """Read the recordings that `write` wrote."""
    with np.load(path) as file:
        packed = {key: file[key] for key in file.files}
    return dict(zip(packed, map(_unpacked, packed.values()), strict=True))


def _packed(sound: Sound) -> NDArray[np.uint8]:
    file = io.BytesIO()
    # The loudest sample is brought near full scale, and how far is kept beside the sound.
    peak = np.float32(max(1e-6, np.abs(sound).max(initial=0.0)))
    soundfile.write(
        file, 0.8 * sound / peak, SAMPLE_RATE_HZ, "VORBIS", format="OGG", compression_level=0.35
    )
    head = np.array([len(sound)], "<u4").tobytes() + np.array([peak], "<f4").tobytes()
    return np.frombuffer(head + file.getvalue(), np.uint8)


def _unpacked(packed: NDArray[np.uint8]) -> Sound:
    raw = packed.tobytes()
    count = int(np.frombuffer(raw, "<u4", 1)[0])
    peak = np.frombuffer(raw, "<f4", 1, 4)[0]
    sound, _ = soundfile.read(io.BytesIO(raw[8:]), dtype="float32")
    kept: Sound = np.zeros(count, np.float32)
    kept[: min(count, len(sound))] = sound[:count] * (peak / np.float32(0.8))
    return kept
