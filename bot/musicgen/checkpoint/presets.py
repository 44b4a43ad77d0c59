"""The configurations of Meta's published models, and small ones for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from bot.errors import CheckpointError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.model_config import (
    CodecConfig,
    DecoderConfig,
    MelodyConfig,
    ModelConfig,
    TextEncoderConfig,
)
from bot.musicgen.checkpoint.stems import Stem


def _published(
    hidden_size: int, layers: int, heads: int, channels: int, *, melody: bool = False
) -> ModelConfig:
    return ModelConfig(
        decoder=DecoderConfig(
            hidden_size=hidden_size,
            layers=layers,
            heads=heads,
            ffn_size=4 * hidden_size,
            codebooks=4 * channels,
            audio_channels=channels,
            has_cross_attention=not melody,
        ),
        text=TextEncoderConfig(),
        codec=CodecConfig(),
        melody=MelodyConfig() if melody else None,
    )


_TINY = ModelConfig(
    decoder=DecoderConfig(hidden_size=64, layers=2, heads=2, ffn_size=128, vocab_size=64),
    text=TextEncoderConfig(
        hidden_size=24, layers=2, heads=2, head_size=8, ffn_size=32, vocab_size=128
    ),
    codec=CodecConfig(
        filters=2, hidden_size=16, codebook_size=64, codebook_dim=16, bandwidth_kbps=1.2
    ),
)


_TINY_MELODY = replace(
    _TINY, decoder=replace(_TINY.decoder, has_cross_attention=False), melody=MelodyConfig()
)

PRESETS: Mapping[str, ModelConfig] = MappingProxyType(
    {
        "musicgen-small": _published(1024, 24, 16, 1),
        "musicgen-medium": _published(1536, 48, 24, 1),
        "musicgen-large": _published(2048, 48, 32, 1),
        "musicgen-stereo-small": _published(1024, 24, 16, 2),
        "musicgen-stereo-medium": _published(1536, 48, 24, 2),
        "musicgen-stereo-large": _published(2048, 48, 32, 2),
        "musicgen-melody": _published(1536, 48, 24, 1, melody=True),
        "musicgen-melody-large": _published(2048, 48, 32, 1, melody=True),
        "musicgen-stereo-melody": _published(1536, 48, 24, 2, melody=True),
        "musicgen-stereo-melody-large": _published(2048, 48, 32, 2, melody=True),
        "tiny": _TINY,
        "tiny-stereo": replace(
            _TINY, decoder=replace(_TINY.decoder, codebooks=8, audio_channels=2)
        ),
        "tiny-melody": _TINY_MELODY,
        "tiny-stereo-melody": replace(
            _TINY_MELODY,
            decoder=replace(_TINY_MELODY.decoder, codebooks=8, audio_channels=2),
        ),
        "tiny-stems": replace(
            _TINY,
            decoder=replace(_TINY.decoder, codebooks=8),
            codec=replace(_TINY.codec, bandwidth_kbps=2.4),
            stems=(
                Stem("drums", (2,)),
                Stem("bass", (3,)),
                Stem("chords", (4, 5, 6)),
                Stem("lead", (7,)),
            ),
        ),
    }
)
"""Meta's published models by name, and five for tests."""


def preset(name: str) -> ModelConfig:
    """Return a configuration by name.

    Raises CheckpointError with the known names for an unknown one.
    """
    if name not in PRESETS:
        raise CheckpointError(
            Sentence(
                "There is no shape '{name}': choose one of {names}.",
                name=name,
                names=", ".join(PRESETS),
            )
        )
    return PRESETS[name]
