"""A clip as a Discord voice message."""

from __future__ import annotations

from dataclasses import dataclass

NAME = "voice-message.ogg"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceMessage:
    """The contents of a voice message."""

    data: bytes
    """Ogg Opus."""
    seconds: float
    waveform: bytes
    """Its waveform: loudness over time, one byte per point, 255 the loudest."""
