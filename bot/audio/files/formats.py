"""The formats that clips are written in, and sound as the bytes of a file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
import soundfile
import soxr

from bot.domain.generation import Sound

# libvorbis keeps a whole call's samples on the stack: minutes in one call overflow it.
_BLOCK_FRAMES = 16_384


SampleFormat = Literal["PCM_16", "PCM_24", "PCM_32", "FLOAT"]
"""How samples are written where nothing is lost, as libsndfile names it, from coarse to fine."""

SAMPLE_FORMATS: tuple[SampleFormat, ...] = get_args(SampleFormat)

_FINEST: Mapping[str, SampleFormat] = MappingProxyType({"WAV": "FLOAT", "FLAC": "PCM_24"})
_MUSIC_RATE_HZ = 44_100


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

    def fit_rate(self, sample_rate_hz: int) -> int:
        """Return the rate in Hz at which sound of a rate is written, which loses least of it."""
        if self.rates_hz is None or sample_rate_hz in self.rates_hz:
            return sample_rate_hz
        if higher := [rate for rate in self.rates_hz if rate > sample_rate_hz]:
            return min(higher)
        # Half of 88,200 rather than nearly half.
        return max(self.rates_hz, key=lambda rate: (_is_half(rate, sample_rate_hz), rate))

    def with_sample_format(self, sample_format: SampleFormat) -> Format:
        """Return the format with samples as fine, or as fine as it can hold."""
        finest = _FINEST.get(self.container)
        if finest is None:
            return self
        return replace(self, subtype=min(sample_format, finest, key=SAMPLE_FORMATS.index))


def _is_half(rate_hz: int, of_hz: int) -> bool:
    return of_hz in (2 * rate_hz, 4 * rate_hz) and rate_hz >= _MUSIC_RATE_HZ


def finest_sample_format(sample_formats: Iterable[SampleFormat]) -> SampleFormat:
    """Return the finest of some sample formats."""
    return max(sample_formats, key=SAMPLE_FORMATS.index, default="PCM_16")


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
            frozenset({48_000}),
        ),
    }
)
"""What is written, by name, each at its usual quality."""

BY_SUFFIX: Mapping[str, Format] = MappingProxyType({each.suffix: each for each in FORMATS.values()})


def with_compression(kind: Format, compression: float) -> Format:
    """Return a format at another compression, from 0, the best sound, to 1, the smallest file."""
    return replace(kind, options={**kind.options, "compression_level": compression})


def encode(sound: Sound, kind: Format) -> bytes:
    """Return a sound within full scale as the bytes of a file."""
    samples, rate_hz = sound.samples.T, sound.sample_rate_hz
    if (wanted_hz := kind.fit_rate(rate_hz)) != rate_hz:
        samples = soxr.resample(samples, rate_hz, wanted_hz, quality="VHQ").clip(-1.0, 1.0)
        rate_hz = wanted_hz
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
