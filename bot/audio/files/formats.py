"""The formats that clips are written in, and sound as the bytes of a file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import soundfile
import soxr

from bot.domain.generation import Sound

# libvorbis keeps a whole call's samples on the stack: minutes in one call overflow it.
_BLOCK_FRAMES = 16_384


@dataclass(frozen=True, slots=True)
class Format:
    """A format as libsndfile names it, with the settings that suit music."""

    suffix: str
    container: str
    subtype: str
    content_type: str
    options: Mapping[str, Any] = field(default_factory=dict)
    rates_hz: frozenset[int] | None = None
    """The sample rates it can hold; None is any."""
    own_rate_hz: int | None = None
    """The rate that everything is brought to."""

    def holds(self, sample_rate_hz: int) -> bool:
        """Tell whether sound at a rate can be written."""
        return self.rates_hz is None or sample_rate_hz in self.rates_hz


_MP3_RATES_HZ = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})

# Compression counts from 0, the best sound, to 1, the smallest file.
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "wav": Format(".wav", "WAV", "PCM_16", "audio/wav"),
        "flac": Format(".flac", "FLAC", "PCM_16", "audio/flac"),
        "mp3": Format(
            ".mp3",
            "MP3",
            "MPEG_LAYER_III",
            "audio/mpeg",
            {"bitrate_mode": "VARIABLE", "compression_level": 0.1},
            _MP3_RATES_HZ,
        ),
        "ogg": Format(".ogg", "OGG", "VORBIS", "audio/ogg", {"compression_level": 0.3}),
        "opus": Format(
            ".opus",
            "OGG",
            "OPUS",
            "audio/ogg",
            {"compression_level": 0.5},
            own_rate_hz=48_000,
        ),
    }
)
"""What is written, by name, each at its usual quality."""

BY_SUFFIX: Mapping[str, Format] = MappingProxyType({each.suffix: each for each in FORMATS.values()})


def squeezed(kind: Format, compression: float) -> Format:
    """Return a format at another compression, from 0, the best sound, to 1, the smallest file."""
    return replace(kind, options={**kind.options, "compression_level": compression})


def encode(sound: Sound, kind: Format) -> bytes:
    """Return a sound within full scale as the bytes of a file."""
    samples, rate_hz = sound.samples.T, sound.sample_rate_hz
    if kind.own_rate_hz is not None and kind.own_rate_hz != rate_hz:
        samples = soxr.resample(samples, rate_hz, kind.own_rate_hz, quality="VHQ").clip(-1.0, 1.0)
        rate_hz = kind.own_rate_hz
    samples = np.ascontiguousarray(samples)
    file = io.BytesIO()
    with soundfile.SoundFile(
        file,
        "w",
        samplerate=rate_hz,
        channels=samples.shape[1],
        format=kind.container,
        subtype=kind.subtype,
        **kind.options,
    ) as target:
        for start in range(0, len(samples), _BLOCK_FRAMES):
            target.write(samples[start : start + _BLOCK_FRAMES])
    return file.getvalue()
